"""The programs: each module is loaded twice, once as it stands and once with `fastapi` imported from Vivace.

A program is a function under `@case(...)` that builds an app and returns it (or returns nothing, when what it
logs is all there is to compare). Add one by writing it: the tests find it. Modules import the framework with
`from fastapi... import ...` only, because that is the form that the loader redirects.
"""
