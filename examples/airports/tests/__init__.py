"""The tests drive the service as its users do: a real server process, a real socket, a real HTTP client."""
