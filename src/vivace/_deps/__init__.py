"""What a handler needs computed: `Depends`, the graph of dependencies, and solving it."""
