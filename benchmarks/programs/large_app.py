"""A large application: 1,000 routes over 100 models and 20 dependencies, in 20 routers that are included twice over.

`build()` declares it, so that declaring can be timed apart from importing. The models are made on import: their cost is
Pydantic's alone.
"""

# A return type would make the answer a response model.
# mypy: disable-error-code="no-untyped-def, valid-type"

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, Field, create_model

from programs.framework import APIRouter, Depends, FastAPI, Header, Query

MODELS = 100
ROUTERS = 20
DEPENDENCIES = 20
ROUTES_PER_MODEL = 10
ROUTES = MODELS * ROUTES_PER_MODEL

Dependency = Callable[..., Any]


class Address(BaseModel):
    street: str
    town: str
    postcode: str = Field(pattern=r"^\w{3,10}$")


def make_model(number: int) -> type[BaseModel]:
    return create_model(
        f"Resource{number}",
        id=(int, Field(ge=1)),
        name=(str, Field(min_length=1, max_length=80)),
        price=(float, 0.0),
        tags=(list[str], []),
        address=(Address | None, None),
    )


MODEL_CLASSES = [make_model(number) for number in range(MODELS)]


def make_dependency(number: int, needed: Dependency | None) -> Dependency:
    """Make a dependency that reads one header, and needs another dependency if one is given."""
    if needed is None:

        async def root(x_token: Annotated[str, Header()] = "none") -> str:
            return f"{x_token}-{number}"

        return root

    async def child(value: Annotated[str, Depends(needed)], trace: Annotated[str | None, Header()] = None) -> str:
        return f"{value}-{trace}-{number}"

    return child


def make_dependencies() -> list[Dependency]:
    """Make four trees: every fifth dependency is a root, and each other one needs the one before it."""
    made: list[Dependency] = []
    for number in range(DEPENDENCIES):
        made.append(make_dependency(number, made[-1] if number % 5 else None))
    return made


def declare_routes(router: APIRouter, number: int, model: type[BaseModel], needed: Dependency) -> None:
    prefix = f"/resource-{number}"
    user = Annotated[str, Depends(needed)]
    page = Annotated[int, Query(ge=1, le=1000)]

    @router.get(f"{prefix}/{{item_id}}", response_model=model, name=f"read_{number}")
    async def read_one(item_id: int, user: user):
        return {"id": item_id, "name": user}

    @router.get(prefix, response_model=list[model], name=f"list_{number}")
    async def list_all(user: user, q: str | None = None, page: page = 1, per_page: page = 20):
        return []

    @router.post(prefix, response_model=model, status_code=201, name=f"create_{number}")
    async def create(item: model, user: user):
        return item

    @router.put(f"{prefix}/{{item_id}}", response_model=model, name=f"replace_{number}")
    async def replace(item_id: int, item: model, user: user):
        return item

    @router.patch(f"{prefix}/{{item_id}}", response_model=model, name=f"change_{number}")
    async def change(item_id: int, item: model, user: user, dry_run: bool = False):
        return item

    @router.delete(f"{prefix}/{{item_id}}", status_code=204, name=f"remove_{number}")
    async def remove(item_id: int, user: user) -> None:
        return None

    @router.get(f"{prefix}/{{item_id}}/tags", name=f"list_tags_{number}")
    async def list_tags(item_id: int, user: user) -> list[str]:
        return []

    @router.put(f"{prefix}/{{item_id}}/tags/{{tag}}", name=f"add_tag_{number}")
    async def add_tag(item_id: int, tag: str, user: user):
        return {"tag": tag}

    @router.get(f"{prefix}/{{item_id}}/address", name=f"read_address_{number}")
    async def read_address(item_id: int, user: user) -> Address | None:
        return None

    @router.post(f"{prefix}/search", response_model=list[model], name=f"search_{number}")
    async def search(example: model, user: user, limit: page = 10):
        return [example]


def build() -> FastAPI:
    dependencies = make_dependencies()
    api = APIRouter(prefix="/api", dependencies=[Depends(dependencies[0])])
    for group in range(ROUTERS):
        router = APIRouter(prefix=f"/group-{group}", tags=[f"group {group}"])
        for number in range(group, MODELS, ROUTERS):
            declare_routes(router, number, MODEL_CLASSES[number], dependencies[number % DEPENDENCIES])
        api.include_router(router)
    app = FastAPI(title="A large application")
    app.include_router(api)
    return app
