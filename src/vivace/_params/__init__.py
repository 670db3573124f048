"""What a handler reads from a request: markers, the parameter model, and how arguments are told apart."""
