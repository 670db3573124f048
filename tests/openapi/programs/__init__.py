"""Programs whose documents are compared. Each takes the package that it is written for as `fw`, and returns its app."""
