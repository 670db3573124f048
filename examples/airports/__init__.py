"""An HTTP service over the world's airports: search, nearest, distances and watch-lists."""
