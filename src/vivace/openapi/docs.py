"""The pages that show an OpenAPI document: Swagger UI and ReDoc, as HTML.

The one rule: whatever comes from outside is escaped for the place where it is written.
"""

from __future__ import annotations

import html
import json
from typing import Any

from starlette.responses import HTMLResponse

from vivace.encoders import jsonable_encoder

__all__ = [
    "get_redoc_html",
    "get_swagger_ui_html",
    "get_swagger_ui_oauth2_redirect_html",
    "swagger_ui_default_parameters",
]

swagger_ui_default_parameters: dict[str, Any] = {
    "dom_id": "#swagger-ui",
    "layout": "BaseLayout",
    "deepLinking": True,
    "showExtensions": True,
    "showCommonExtensions": True,
}

FAVICON_URL = "https://fastapi.tiangolo.com/img/favicon.png"


def get_swagger_ui_html(
    *,
    openapi_url: str,
    title: str,
    swagger_js_url: str = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js",
    swagger_css_url: str = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css",
    swagger_favicon_url: str = FAVICON_URL,
    oauth2_redirect_url: str | None = None,
    init_oauth: dict[str, Any] | None = None,
    swagger_ui_parameters: dict[str, Any] | None = None,
) -> HTMLResponse:
    """Return the Swagger UI page.

    Args:
        openapi_url: Where the page loads the document from.
        title: The title of the page.
        swagger_js_url: The script of Swagger UI. The default is on a public CDN; the page of an app has its own.
        swagger_css_url: The style of Swagger UI.
        swagger_favicon_url: The icon of the page.
        oauth2_redirect_url: The path to which an OAuth2 server sends the browser back.
        init_oauth: Options of `initOAuth()`, such as "clientId".
            Source: https://swagger.io/docs/open-source-tools/swagger-ui/usage/oauth2/
        swagger_ui_parameters: Options of Swagger UI, over `swagger_ui_default_parameters`.
            Source: https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
    """
    options = [f"url: {_script_text(openapi_url)},"]
    parameters = swagger_ui_default_parameters | (swagger_ui_parameters or {})
    options += [f"{_script_json(key)}: {_script_json(jsonable_encoder(value))}," for key, value in parameters.items()]
    if oauth2_redirect_url:
        options.append(f"oauth2RedirectUrl: window.location.origin + {_script_text(oauth2_redirect_url)},")
    options.append("presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],")
    lines = "\n    ".join(options)
    start_oauth = f"\n  ui.initOAuth({_script_json(jsonable_encoder(init_oauth))});" if init_oauth else ""
    return HTMLResponse(
        f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(title)}</title>
<link type="text/css" rel="stylesheet" href="{_attribute(swagger_css_url)}">
<link rel="shortcut icon" href="{_attribute(swagger_favicon_url)}">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{_attribute(swagger_js_url)}"></script>
<script>
  const ui = SwaggerUIBundle({{
    {lines}
  }});{start_oauth}
</script>
</body>
</html>
"""
    )


def get_redoc_html(
    *,
    openapi_url: str,
    title: str,
    redoc_js_url: str = "https://cdn.jsdelivr.net/npm/redoc@2/bundles/redoc.standalone.js",
    redoc_favicon_url: str = FAVICON_URL,
    with_google_fonts: bool = True,
) -> HTMLResponse:
    """Return the ReDoc page.

    Args:
        openapi_url: Where the page loads the document from.
        title: The title of the page.
        redoc_js_url: The script of ReDoc. The default is on a public CDN; the page of an app has its own.
        redoc_favicon_url: The icon of the page.
        with_google_fonts: Whether the page loads the fonts of ReDoc's design from Google.
    """
    fonts = (
        '\n<link rel="stylesheet" '
        'href="https://fonts.googleapis.com/css?family=Montserrat:300,400,700|Roboto:300,400,700">'
        if with_google_fonts
        else ""
    )
    return HTMLResponse(
        f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(title)}</title>{fonts}
<link rel="shortcut icon" href="{_attribute(redoc_favicon_url)}">
<style>body {{ margin: 0; padding: 0; }}</style>
</head>
<body>
<noscript>ReDoc needs JavaScript to show this documentation.</noscript>
<redoc spec-url="{_attribute(openapi_url)}"></redoc>
<script src="{_attribute(redoc_js_url)}"></script>
</body>
</html>
"""
    )


def get_swagger_ui_oauth2_redirect_html() -> HTMLResponse:
    """Return the page that an OAuth2 server sends the browser back to; it hands the result to Swagger UI and closes."""
    return HTMLResponse(_OAUTH2_REDIRECT)


def _text(value: str) -> str:
    return html.escape(value, quote=False)


def _attribute(value: str) -> str:
    return html.escape(value, quote=True)


# Inside a script element the HTML parser looks for "</script" and "<!--" and resolves no entities.
_SCRIPT_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def _script_json(value: Any) -> str:
    return json.dumps(value).translate(_SCRIPT_ESCAPES)


def _script_text(value: str) -> str:
    return "'" + _script_json(value)[1:-1].replace("'", "\\u0027").replace('\\"', '"') + "'"


# What the page has to do is set by the window that opened it: Swagger UI waits in `swaggerUIRedirectOauth2` for either
# a token (in the fragment) or an authorization code (in the query), or for an error.
_OAUTH2_REDIRECT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Swagger UI: OAuth2 Redirect</title>
</head>
<body>
<script>
'use strict';

const CODE_FLOWS = ['accessCode', 'authorizationCode', 'authorization_code'];

function readResult() {
  const fragment = window.location.hash.slice(1).replace('?', '&');
  const source = /code|token|error/.test(fragment) ? fragment : window.location.search.slice(1);
  return Object.fromEntries(new URLSearchParams(source));
}

function finish() {
  const oauth2 = window.opener.swaggerUIRedirectOauth2;
  const result = readResult();
  const isValid = result.state === oauth2.state;
  const report = (level, message) => oauth2.errCb({authId: oauth2.auth.name, source: 'auth', level, message});
  const waitsForCode = CODE_FLOWS.includes(oauth2.auth.schema.get('flow')) && !oauth2.auth.code;

  if (!waitsForCode) {
    oauth2.callback({auth: oauth2.auth, token: result, isValid, redirectUrl: oauth2.redirectUrl});
  } else {
    if (!isValid) {
      report('warning', 'The state that came back is not the one that was sent: the authorization may be unsafe.');
    }
    if (result.code) {
      delete oauth2.state;
      oauth2.auth.code = result.code;
      oauth2.callback({auth: oauth2.auth, redirectUrl: oauth2.redirectUrl});
    } else if (result.error) {
      const details = [result.error_description, result.error_uri && `See ${result.error_uri}`].filter(Boolean);
      report('error', [`[${result.error}]`, ...details].join(' '));
    } else {
      report('error', 'The server sent no authorization code.');
    }
  }
  window.close();
}

if (document.readyState === 'loading') {
  document.addEventListener('DOMContentLoaded', finish);
} else {
  finish();
}
</script>
</body>
</html>
"""
