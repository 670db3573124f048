# mypy: ignore-errors
"""Answers of declared models at full speed: instances as they are, serialisers that fail, dataclasses."""

from datetime import timedelta
from typing import Any, Generic, TypeVar

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, computed_field, field_serializer, field_validator, model_serializer

from differential.cases import case, get

T = TypeVar("T")


class Item(BaseModel):
    name: str
    price: float = 1


class Child(Item):
    secret: str = "s"


class Box(BaseModel, Generic[T]):
    content: T


class Revalidated(BaseModel):
    model_config = ConfigDict(revalidate_instances="always")
    n: int = 0

    @field_validator("n")
    @classmethod
    def add(cls, value: int) -> int:
        return value + 1


class Counted(BaseModel):
    n: int = 0

    @field_validator("n")
    @classmethod
    def add(cls, value: int) -> int:
        return value + 1


class ByAlias(BaseModel):
    model_config = ConfigDict(serialize_by_alias=False, populate_by_name=True)
    name: str = Field(alias="theName")


class Strange(BaseModel):
    model_config = ConfigDict(extra="allow", ser_json_inf_nan="constants", ser_json_timedelta="float")
    f: float = float("inf")
    t: timedelta = timedelta(seconds=1.5)


@case(
    *[
        get(f"/{name}")
        for name in (
            "same",
            "changed",
            "extra",
            "constructed",
            "deleted",
            "revalidated",
            "counted",
            "counted-dict",
            "box",
            "child-box",
            "alias",
            "strange",
            "optional",
            "list",
            "tuple",
            "dump",
            "copy",
        )
    ]
)
def instances_of_the_declared_model() -> FastAPI:
    app = FastAPI()

    @app.get("/same")
    def same() -> Item:
        return Item(name="a")

    @app.get("/changed")
    def changed() -> Item:
        item = Item(name="a")
        item.price = 5
        return item

    @app.get("/extra")
    def extra() -> Item:
        item = Item(name="a")
        object.__setattr__(item, "__pydantic_extra__", {"x": 1})
        return item

    @app.get("/constructed")
    def constructed() -> Item:
        return Item.model_construct(name="a")

    @app.get("/deleted")
    def deleted() -> Item:
        item = Item(name="a")
        del item.price
        return item

    @app.get("/revalidated")
    def revalidated() -> Revalidated:
        return Revalidated(n=1)

    @app.get("/counted")
    def counted() -> Counted:
        return Counted(n=1)

    @app.get("/counted-dict")
    def counted_dict() -> Counted:
        return {"n": 1}

    @app.get("/box")
    def box() -> Box[Item]:
        return Box(content=Child(name="a"))

    @app.get("/child-box")
    def child_box() -> Box[Item]:
        return Box[Child](content=Child(name="a"))

    @app.get("/alias")
    def alias() -> ByAlias:
        return ByAlias(name="a")

    @app.get("/strange")
    def strange() -> Strange:
        return Strange(x=float("nan"), y=Child(name="a"))

    @app.get("/optional")
    def optional() -> Item | None:
        return Child(name="a")

    @app.get("/list")
    async def many() -> list[Item]:
        return [Child(name="a"), Item(name="b"), {"name": "c"}]

    @app.get("/tuple")
    async def of_tuple() -> tuple[Item, ...]:
        return (Child(name="a"),)

    @app.get("/dump")
    async def dump() -> Item:
        return Child(name="a").model_dump()

    @app.get("/copy")
    async def copied() -> Item:
        return Child(name="a").model_copy(update={"price": "text"})

    return app


class Failing(BaseModel):
    a: int = 1

    @computed_field
    @property
    def broken(self) -> int:
        raise ValueError("computed")


class FailingField(BaseModel):
    a: int = 1

    @field_serializer("a")
    def broken(self, value: int) -> int:
        raise KeyError("field")


class FailingModel(BaseModel):
    @model_serializer
    def broken(self) -> dict[str, Any]:
        raise RuntimeError("model")


class Unserialisable(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    a: Any = None


class Thing:
    pass


@case(*[get(f"/{name}") for name in ("computed", "field", "model", "thing", "surrogate", "generator", "cycle")])
def serialisers_that_fail() -> FastAPI:
    app = FastAPI()

    @app.get("/computed")
    def computed() -> Failing:
        return Failing()

    @app.get("/field")
    def field() -> FailingField:
        return FailingField()

    @app.get("/model")
    def model() -> FailingModel:
        return FailingModel()

    @app.get("/thing")
    def thing() -> Unserialisable:
        return Unserialisable(a=Thing())

    @app.get("/surrogate")
    def surrogate() -> Unserialisable:
        return Unserialisable(a="\ud800")

    @app.get("/generator")
    def generator() -> Unserialisable:
        return Unserialisable(a=(n for n in range(3)))

    @app.get("/cycle")
    def cycle() -> Unserialisable:
        value: list[Any] = []
        value.append(value)
        return Unserialisable(a=value)

    return app
