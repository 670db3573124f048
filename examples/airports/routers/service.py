"""The service itself."""

from airports import catalogue
from airports.database import Reader
from airports.models import Service
from vivace import APIRouter, Request

router = APIRouter(tags=["service"])


@router.get("/", summary="Describe the service")
def describe_service(connection: Reader, request: Request) -> Service:
    """Tell how many airports there are, and where the documentation and the page are."""
    airports, release = catalogue.count(connection)
    base = request.scope.get("root_path", "")
    return Service(airports=airports, release=release, docs=f"{base}/docs", live=f"{base}/live")
