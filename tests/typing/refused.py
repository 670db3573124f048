"""What type checkers must refuse. Checked, never run: an ignore that ignores nothing is an error, so all must fail."""

from vivace import APIRouter, Depends, Query, Vivace

app = Vivace(titel="Items")  # type: ignore[call-arg]  # title
app = Vivace(debug="yes")  # type: ignore[arg-type]
router = APIRouter(prefx="/items")  # type: ignore[call-arg]  # prefix


@router.get("/a", sumary="Read")  # type: ignore[call-arg]  # summary
async def misspelt() -> None: ...


@router.get("/b", status_code="200")  # type: ignore[arg-type]
async def mistyped() -> None: ...


@router.get("/c", methods=["GET"])  # type: ignore[call-arg]  # only api_route takes methods
async def with_methods() -> None: ...


@router.get()  # type: ignore[call-arg]  # no path
async def nowhere() -> None: ...


def read(a: int) -> int:
    return a


decorated = router.get("/d")(read)
decorated("1")  # type: ignore[arg-type]  # still wants an int

app.include_router(router, prefix=1)  # type: ignore[arg-type]
app.include_router(read)  # type: ignore[arg-type]
Depends(read, scope="session")  # type: ignore[arg-type]
Depends(1)  # type: ignore[arg-type]
Query(minimum_length=1)  # type: ignore[call-arg]  # min_length
Query(max_length="1")  # type: ignore[arg-type]
