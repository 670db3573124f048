"""The scripts and styles of the documentation pages, as files of an installed package: no page needs the internet.

The one rule: an asset is named after what it is on the public CDN, with the version of the package that brings it, so
that it may be cached for ever.
"""

from __future__ import annotations

import base64
import functools
import importlib.util
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

__all__ = ["ASSET_QUERY", "Asset", "BundledAssets", "bundled_assets"]

PACKAGE = "openapi_ui_bundles"
DISTRIBUTION = "openapi-ui-bundles"

ASSET_QUERY = "asset"
"""The query parameter that asks a page for one of its assets."""

# ReDoc shows its maker's logo from the internet. The package has the file too; it is put in place of the address.
_REDOC_LOGO_URL = b"https://cdn.redoc.ly/redoc/logo-mini.svg"


class Asset(NamedTuple):
    """A file that a page loads."""

    name: str
    path: Path
    media_type: str

    def read(self) -> bytes:
        """Return the content."""
        content = self.path.read_bytes()
        if self.path.name == "redoc.standalone.js":
            content = content.replace(_REDOC_LOGO_URL, _as_data_url(self.path.with_name("logo-mini.svg")))
        return content

    def url(self, page_url: str) -> str:
        """Return where the page at `page_url` serves this asset.

        An asset has the path of its page, told apart by the query: middleware and proxies that let only the page
        through, by its exact path, need not know about assets, and no route is added to those of the app.
        """
        return f"{page_url}?{ASSET_QUERY}={quote(self.name, safe='/@.')}"


class BundledAssets(NamedTuple):
    """The assets of both pages."""

    swagger_js: Asset
    swagger_css: Asset
    redoc_js: Asset
    favicon: Asset

    def by_name(self) -> dict[str, Asset]:
        """Return all assets by their names."""
        return {asset.name: asset for asset in (self.swagger_js, self.swagger_css, self.redoc_js, self.favicon)}


@functools.cache
def bundled_assets() -> BundledAssets | None:
    """Return the installed assets, or None when the package is not there (`pip install openapi-ui-bundles`)."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    # PERF: the module brings zip files, resources and CSV with it, and few processes show a page (benchmark: startup).
    from importlib.metadata import version

    root = Path(spec.origin).parent
    release = version(DISTRIBUTION)
    swagger, redoc = root / "swagger_ui" / "vendor", root / "redoc" / "vendor"
    assets = BundledAssets(
        swagger_js=Asset(
            name=f"swagger-ui-dist@5/{release}/swagger-ui-bundle.js",
            path=swagger / "swagger-ui-bundle.js",
            media_type="text/javascript",
        ),
        swagger_css=Asset(
            name=f"swagger-ui-dist@5/{release}/swagger-ui.css", path=swagger / "swagger-ui.css", media_type="text/css"
        ),
        redoc_js=Asset(
            name=f"redoc@2/{release}/redoc.standalone.js",
            path=redoc / "redoc.standalone.js",
            media_type="text/javascript",
        ),
        favicon=Asset(
            name=f"swagger-ui-dist@5/{release}/favicon-32x32.png",
            path=swagger / "favicon-32x32.png",
            media_type="image/png",
        ),
    )
    return assets if all(asset.path.is_file() for asset in assets.by_name().values()) else None


def _as_data_url(path: Path) -> bytes:
    return b"data:image/svg+xml;base64," + base64.b64encode(path.read_bytes())
