"""The OpenAPI document of an app, and the pages that show it. This room reads routes; it never runs one."""
