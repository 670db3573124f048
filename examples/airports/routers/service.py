"""The service itself."""

from airports import catalogue
from airports.database import Reader
from airports.models import Service
from vivace import APIRouter, Request

router = APIRouter(tags=["service"])


@router.get("/", summary="Describe the service")
def describe_service(connection: Reader, request: Request) -> Service:
    """Tell how many airports there are, and where the documentation is."""
    airports, release = catalogue.count(connection)
    return Service(airports=airports, release=release, docs=f"{request.scope.get('root_path', '')}/docs")
