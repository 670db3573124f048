"""A handler made into an ASGI app: a plan made once, closures chosen once, and the exact path beside them."""
