"""The programs of the peers, one module each: a function per workload makes the app, as the peer's documents say."""
