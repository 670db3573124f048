"""strawberry-graphql: queries, mutations, context through dependencies, errors, subscriptions over a websocket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry
from fastapi import Depends, FastAPI, Header, HTTPException
from strawberry.fastapi import BaseContext, GraphQLRouter
from strawberry.permission import BasePermission
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import Info

opened: list[str] = []


class Shelf:
    def __init__(self) -> None:
        self.books = {1: "Dune", 2: "Emma"}


class Context(BaseContext):
    def __init__(self, shelf: Shelf, user: str) -> None:
        super().__init__()
        self.shelf = shelf
        self.user = user


shelf = Shelf()


async def get_shelf() -> AsyncIterator[Shelf]:
    opened.append("opened")
    yield shelf
    opened.append("closed")


def get_context(shelf: Annotated[Shelf, Depends(get_shelf)], x_user: Annotated[str, Header()] = "nobody") -> Context:
    return Context(shelf, x_user)


class IsKnown(BasePermission):
    message = "Sign in first"

    def has_permission(self, source: object, info: Info, **kwargs: object) -> bool:
        return info.context.user != "nobody"


@strawberry.type
class Book:
    id: int
    title: str

    @strawberry.field
    def shouted(self, mark: str = "!") -> str:
        return self.title.upper() + mark


@strawberry.type
class Query:
    @strawberry.field
    async def book(self, info: Info, id: int) -> Book | None:
        title = info.context.shelf.books.get(id)
        return Book(id=id, title=title) if title else None

    @strawberry.field
    def books(self, info: Info) -> list[Book]:
        return [Book(id=id, title=title) for id, title in info.context.shelf.books.items()]

    @strawberry.field
    def path(self, info: Info) -> str:
        info.context.response.headers["x-seen"] = info.context.request.url.path
        return info.context.user

    @strawberry.field
    def broken(self) -> str:
        raise ValueError("broken on purpose")


@strawberry.type
class Mutation:
    @strawberry.mutation(permission_classes=[IsKnown])
    def add_book(self, info: Info, title: str) -> Book:
        books = info.context.shelf.books
        books[max(books) + 1] = title
        info.context.background_tasks.add_task(opened.append, f"told everyone of {title}")
        return Book(id=max(books), title=title)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: Info, target: int = 3) -> AsyncIterator[str]:
        for number in range(target):
            yield f"{number} for {info.context.user}"


def require_key(x_key: Annotated[str | None, Header()] = None) -> None:
    if x_key == "wrong":
        raise HTTPException(403, "wrong key")


schema = strawberry.Schema(Query, Mutation, Subscription)
app = FastAPI()
app.include_router(
    GraphQLRouter(schema, context_getter=get_context, dependencies=[Depends(require_key)]), prefix="/graphql"
)
app.include_router(GraphQLRouter(schema, path="/plain", graphql_ide=None, allow_queries_via_get=False), tags=["plain"])


@app.get("/opened")
async def list_opened() -> list[str]:
    return opened


def drive(session) -> None:
    def query(text: str, status: int = 200, url: str = "/graphql", variables=None, **options):
        return session.ask("POST", url, json={"query": text, "variables": variables}, status=status, **options)

    query("{ books { id title shouted } }")
    query('query ($id: Int!) { book(id: $id) { title shouted(mark: "?") } }', variables={"id": 2})
    query("{ path }", headers={"x-user": "ann"})
    query("{ books { nothing } }")
    query("{ broken }")
    query('mutation { addBook(title: "Ulysses") { id } }')
    query('mutation { addBook(title: "Ulysses") { id } }', headers={"x-user": "ann"})
    query("{ books { id } }", status=403, headers={"x-key": "wrong"})
    session.ask("GET", "/graphql?query={books{title}}")
    session.ask("GET", "/graphql", headers={"accept": "text/html"}, body=False)
    session.ask("POST", "/graphql", content=b"no json", headers={"content-type": "application/json"}, status=400)
    session.ask("POST", "/graphql", content=b"x", headers={"content-type": "text/plain"}, status=400)
    session.ask("PUT", "/graphql", status=405)
    query("{ __typename }", url="/plain")
    session.ask("GET", "/plain?query={books{title}}", status=400)
    with session.websocket(
        "/graphql", subprotocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL], headers={"x-user": "bob"}
    ) as websocket:
        websocket.send_json({"type": "connection_init"})
        session.tell(websocket.receive_json())
        for number, text in enumerate(("subscription { count(target: 2) }", "{ path }", "subscription { nothing }")):
            websocket.send_json({"id": f"op{number}", "type": "subscribe", "payload": {"query": text}})
            kind = None
            while kind not in ("complete", "error"):
                message = websocket.receive_json()
                session.tell(message)
                kind = message["type"]
    session.ask("GET", "/opened")
    session.ask("GET", "/openapi.json")
