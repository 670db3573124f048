"""Which route answers a request: path templates, the match table, and the router with what it includes."""
