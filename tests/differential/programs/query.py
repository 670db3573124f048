# mypy: ignore-errors
"""Query parameters: inference, defaults, scalars, sequences, unions, enums, constraints."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, Optional, Union
from uuid import UUID

from fastapi import FastAPI, Query, UploadFile

from differential.cases import case, get


class Colour(str, Enum):
    RED = "red"
    BLUE = "blue"


class Size(IntEnum):
    SMALL = 1
    LARGE = 2


@case(get("/"), get("/?q=2"), get("/?q=x"), get("/?q="), get("/?q=1&q=2"), get("/?q=+1"), get("/?q=1.0"), get("/?Q=1"))
def a_scalar_without_a_marker_is_read_from_the_query() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(q: int):
        return {"q": q}

    return app


@case(get("/"), get("/?a=1&b=2&c=3&d=4&e=5"), get("/?a=&b=&c=&d=&e="), get("/?c=x&b=y"))
def defaults_and_nullable_scalars() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(a: str = "A", b: int | None = None, c: Optional[int] = 7, d: Union[int, str, None] = None, e: Any = None):
        return [a, b, c, d, e]

    return app


@case(get("/"), get("/?a=1"), get("/?b=2"), get("/?a=1&b=2"), get("/?a="))
def nullable_without_a_default_is_required() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(a: int | None, b: Annotated[int | None, Query()]):
        return [a, b]

    return app


@case(
    *[get(f"/?b={value}") for value in ("on", "off", "yes", "no", "1", "0", "true", "False", "2", "", "TRUE", "t", "n")]
)
def booleans() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(b: bool):
        return {"b": b}

    return app


@case(
    get("/?d=2020-01-02&dt=2020-01-02T03:04:05Z&t=03:04&td=PT5S&u=12345678-1234-5678-1234-567812345678&x=1.50&f=1e3"),
    get("/?d=x&dt=x&t=x&td=x&u=x&x=x&f=x"),
    get("/?d=1577923200&dt=1577923200&t=5&td=5&u=12345678123456781234567812345678&x=NaN&f=inf"),
    get("/"),
)
def extra_scalar_types() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(d: date, dt: datetime, t: time, td: timedelta, u: UUID, x: Decimal, f: float):
        return {"d": d, "dt": dt, "t": t, "td": td, "u": u, "x": str(x), "f": repr(f)}

    return app


@case(get("/?c=red&s=1&l=a&n=2"), get("/?c=green&s=3&l=c&n=4"), get("/"), get("/?c=RED&s=LARGE&l=a&n=1"))
def enums_and_literals() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(c: Colour, s: Size, l: Literal["a", "b"], n: Literal[1, 2] = 1, d: Colour = Colour.BLUE):  # noqa: E741
        return {"c": c, "s": s, "l": l, "n": n, "d": d}

    return app


@case(
    get("/"),
    get("/?q=1&q=2"),
    get("/?q="),
    get("/?q=x&q=1&q=y"),
    get("/?q[]=1"),
    get("/?o=1&d=5"),
    get("/?s=b&s=a&s=b&t=1"),
)
def sequences_of_scalars() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        q: Annotated[list[int], Query()],
        o: Annotated[list[str] | None, Query()] = None,
        d: list[int] = Query([1, 2]),
        s: Annotated[set[str], Query()] = frozenset(),
        t: Annotated[tuple[int, ...], Query()] = (),
    ):
        return [q, o, d, sorted(s), t]

    return app


@case(get("/"), get("/?a=1&b=x&c=red&d=4"), get("/?a=1&a=2&b=1&c=green&d="), get("/?e=1&e=2&f=1&f=a&g=1&g=b"))
def sequences_of_many_kinds() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        a: Annotated[Sequence[int], Query(min_length=1, max_length=1)] = (3,),
        b: Annotated[frozenset[int], Query()] = frozenset(),
        c: Annotated[list[Colour], Query()] = [],
        d: Annotated[list, Query()] = [],
        e: Annotated[tuple[int, str], Query()] = (0, ""),
        f: Annotated[list[int | str], Query()] = [],
        g: Annotated[list[int] | list[str] | None, Query()] = None,
    ):
        return [a, sorted(b), c, d, e, f, g]

    return app


@case(
    get("/?gt=1&ge=1&lt=9&le=9&mn=abc&mx=abc&pt=abc&mu=4&dp=1.25"),
    get("/?gt=0&ge=0&lt=10&le=10&mn=a&mx=abcd&pt=xyz&mu=5&dp=1.255"),
    get("/?dp=123456"),
    get("/"),
)
def constraints() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        gt: Annotated[int, Query(gt=0)] = 1,
        ge: Annotated[int, Query(ge=1)] = 1,
        lt: Annotated[int, Query(lt=10)] = 1,
        le: Annotated[float, Query(le=9)] = 1,
        mn: Annotated[str, Query(min_length=2)] = "aa",
        mx: str = Query("a", max_length=3),
        pt: str = Query("abc", pattern="^a.c$"),
        mu: Annotated[int, Query(multiple_of=2)] = 2,
        dp: Annotated[Decimal, Query(max_digits=5, decimal_places=2)] = Decimal("1.5"),
    ):
        return [gt, ge, lt, le, mn, mx, pt, mu, str(dp)]

    return app


@case(get("/?q=1"), get("/?q=a"), get("/?q=true&s=5"), get("/?s=x"), get("/?q=1&s=1.5&f=inf"), get("/?s=5&f=1"))
def strict_unions_and_non_finite_floats() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        q: Annotated[int | bool | str, Query(union_mode="left_to_right")] = 0,
        s: Annotated[int, Query(strict=True)] = 0,
        f: Annotated[float, Query(allow_inf_nan=False)] = 0.0,
    ):
        return [q, s, f]

    return app


@case(get("/?q=1"), get("/?b=0"), get("/"), get("/?q=x"))
def defaults_are_validated_when_asked_for() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(q: Annotated[int, Query(validate_default=True)] = "5", b: int = Query("7")):
        return [q, b]

    return app


@case(get("/"), get("/"), get("/?n=9"))
def a_bad_default_that_is_validated() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(n: Annotated[int, Query(validate_default=True)] = "x"):
        return [n]

    return app


@case(get("/"), get("/"), get("/?q=5"))
def mutable_defaults_are_copied() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(q: list[int] = Query([1]), r: Any = [[1]], s: Annotated[set[int], Query()] = {1}):
        q.append(2)
        r[0].append(2)
        s.add(2)
        return [q, r, sorted(s)]

    return app


@case(error_text="")
def a_default_and_a_default_factory_are_refused():
    app = FastAPI()

    @app.get("/")
    def read(q: Annotated[list[int], Query(default_factory=list)] = None):
        return q


@case(get("/"), get("/"), get("/?f=5"))
def a_default_factory() -> FastAPI:
    app = FastAPI()
    made = []

    def make() -> list[int]:
        made.append(1)
        return [len(made)]

    @app.get("/")
    def read(f: Annotated[list[int], Query(default_factory=make)], g: str = Query(default_factory=lambda: "g")):
        return [f, g]

    return app


@case(
    get("/?a%20b=1&%C3%A9=2"),
    get("/?a+b=1&%E9=2"),
    get("/?x=%2B+%20&y=%00"),
    get("/?x=a;b=2&y=1&y="),
    get("/?x&y"),
    get("/?=1&x=1=2&&y=3"),
)
def percent_encoding_and_odd_separators() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        s: str | None = Query(None, alias="a b"),
        e: str | None = Query(None, alias="é"),
        x: str | None = None,
        y: str | None = None,
    ):
        return [s, e, x, y]

    return app


@case(get("/"), get("/?a=1&b=1&c=1&d=1&e=1"), get("/?f=x"))
def what_is_documented_about_a_query_parameter() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        a: Annotated[str, Query(title="A title", description="what", deprecated=True, examples=["x", "y"])] = "a",
        b: Annotated[str, Query(include_in_schema=False)] = "b",
        c: Annotated[int, Query(json_schema_extra={"x-extra": 1})] = 1,
        d: Annotated[str, Query(openapi_examples={"one": {"summary": "s", "value": "v"}})] = "d",
        e: Annotated[str, Query(alias="e-e", description="dashed")] = "e",
        f: Annotated[int | None, Query(title="F", ge=1)] = None,
        g: date = date(2020, 1, 2),
        h: Colour = Colour.RED,
        i: list[int] = Query(default=[1, 2], title="I", min_length=1),
    ):
        return "ok"

    return app


@case(get("/?q=1"), get("/?q=abc"))
def deprecated_options_warn_once_declared() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(q: str = Query("a", regex="^a"), r: str = Query("b", example="x")):
        return [q, r]

    return app


@case(error_text="Query parameter 'q' must be one of the supported types")
def a_mapping_is_no_query_parameter():
    app = FastAPI()

    @app.get("/")
    def read(q: dict = Query()):
        return {"q": q}


@case(error_text="Query parameter 'q' must be one of the supported types")
def a_file_is_no_query_parameter():
    app = FastAPI()

    @app.get("/")
    def read(q: list[UploadFile] | None = Query()):
        return {"q": q}


@case(error_text="Query parameter 'q' must be one of the supported types")
def a_list_of_mappings_is_no_query_parameter():
    app = FastAPI()

    @app.get("/")
    def read(q: list[dict[str, int]] = Query()):
        return {"q": q}


@case(error_text="Set the default value with `=` instead")
def a_default_inside_annotated_is_refused():
    app = FastAPI()

    @app.get("/")
    def read(q: Annotated[int, Query(1)]):
        return {"q": q}


@case(error_text="")
def annotated_marker_and_default_marker_together_are_refused():
    app = FastAPI()

    @app.get("/")
    def read(q: Annotated[int, Query()] = Query(1)):
        return {"q": q}


@case(error_text="")
def an_unknown_option_is_refused():
    Query(1, unknown=2)


@case(error_text="")
def a_type_that_pydantic_cannot_validate_is_refused():
    class Thing:
        pass

    app = FastAPI()

    @app.get("/")
    def read(q: Thing):
        return {"q": q}


@case(error_text="check that typing.Annotated[")
def a_refused_type_is_shown_as_it_was_written():
    class Thing:
        pass

    app = FastAPI()

    @app.get("/")
    def read(q: Annotated[Thing, Query()]):
        return {"q": q}

    return app
