# mypy: ignore-errors
"""Models of `pydantic.v1`, which are refused wherever a type is declared."""

import warnings
from collections.abc import AsyncIterable, Sequence
from typing import Annotated, Any, Optional, Union

from fastapi import Body, Depends, FastAPI, WebSocket
from fastapi.exceptions import PydanticV1NotSupportedError
from pydantic import BaseModel

from differential.cases import case, get

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydantic.v1 warns on new versions of Python
    from pydantic.v1 import BaseModel as OldModel


class Old(OldModel):
    a: int = 1


class New(BaseModel):
    a: int = 1


REFUSED = [
    *(Old, Optional[Old], Old | None, Union[New, Old], list[Old], tuple[int, Old], frozenset[Old], Sequence[Old]),
    *(list[list[Optional[Old]]], Union[New, list[Old]], OldModel),
]


def attempt(log, declare: Any) -> None:
    try:
        declare()
    except PydanticV1NotSupportedError as exc:
        log(str(exc))
    else:
        log("accepted")


@case(openapi=False)
def they_are_refused_as_arguments(log) -> None:
    def depends_on(kind):
        def need(x: kind): ...

        def read(x=Depends(need)): ...

        return read

    def beside_another(kind):
        def create(x: kind, y: New): ...

        return create

    def of_a_websocket(kind):
        async def talk(websocket: WebSocket, x: kind): ...

        return talk

    for kind in REFUSED:
        attempt(log, lambda kind=kind: FastAPI().post("/")(depends_on(kind)))
        attempt(log, lambda kind=kind: FastAPI().post("/")(beside_another(kind)))
        attempt(log, lambda kind=kind: FastAPI().websocket("/")(of_a_websocket(kind)))
        attempt(log, lambda kind=kind: FastAPI().post("/")(beside_another(Annotated[New, Body()])))


@case(openapi=False)
def they_are_refused_as_answers(log) -> None:
    def returns(kind):
        def read() -> kind: ...

        return read

    def yields(kind):
        async def read() -> AsyncIterable[kind]:
            yield 1

        return read

    for kind in REFUSED:
        attempt(log, lambda kind=kind: FastAPI().get("/")(returns(kind)))
        attempt(log, lambda kind=kind: FastAPI().get("/", response_model=None)(returns(kind)))
        attempt(log, lambda kind=kind: FastAPI().get("/")(yields(kind)))
        attempt(log, lambda kind=kind: FastAPI().get("/", response_model=kind)(lambda: 1))
        attempt(log, lambda kind=kind: FastAPI().get("/", responses={404: {"model": kind}})(lambda: 1))


@case(get("/"), get("/list"), openapi=False)
def instances_are_refused_in_answers() -> FastAPI:
    app = FastAPI()
    app.get("/")(lambda: Old())
    app.get("/list")(lambda: [{"a": Old()}])
    return app
