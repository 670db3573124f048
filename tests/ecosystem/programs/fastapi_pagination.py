"""fastapi-pagination: pages by number, offset and cursor, over lists and over SQLAlchemy, with response models."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi_pagination import LimitOffsetPage, Page, Params, add_pagination, paginate, set_page
from fastapi_pagination.cursor import CursorPage
from fastapi_pagination.customization import CustomizedPage, UseName, UseParamsFields
from fastapi_pagination.ext.sqlalchemy import paginate as paginate_query
from fastapi_pagination.links import Page as LinkedPage
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase): ...


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list[Book]] = relationship(back_populates="author", order_by="Book.id")


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")


class BookOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    title: str


class AuthorOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    name: str
    books: list[BookOut]


T = TypeVar("T")
SmallPage = CustomizedPage[Page[T], UseName("SmallPage"), UseParamsFields(size=Query(2, ge=1, le=3))]

engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
with Session(engine) as filling:
    filling.add_all(
        Author(name=f"Author {number}", books=[Book(title=f"Book {number}.{part}") for part in range(number % 3)])
        for number in range(1, 8)
    )
    filling.commit()


def get_session():
    with Session(engine) as session:
        yield session


Database = Annotated[Session, Depends(get_session)]
app = FastAPI()
router = APIRouter(prefix="/authors", tags=["authors"])


@router.get("")
def list_authors(database: Database) -> Page[AuthorOut]:
    return paginate_query(database, select(Author).order_by(Author.id))


@router.get(
    "/offset", response_model=LimitOffsetPage[AuthorOut], response_model_exclude={"items": {"__all__": {"books"}}}
)
def list_authors_by_offset(database: Database):
    return paginate_query(database, select(Author).order_by(Author.id))


@router.get("/cursor")
def list_authors_by_cursor(database: Database) -> CursorPage[AuthorOut]:
    return paginate_query(database, select(Author).order_by(Author.id))


@router.get("/small", response_model=SmallPage[AuthorOut])
def list_few_authors(database: Database, name: str | None = None):
    query = select(Author).order_by(Author.id)
    return paginate_query(database, query.where(Author.name.contains(name)) if name else query)


@app.get("/numbers", response_model=Page[int])
async def list_numbers(minimum: int = 0):
    return paginate([number for number in range(95) if number >= minimum])


@app.get("/linked")
async def list_numbers_with_links() -> LinkedPage[int]:
    return paginate(range(30))


@app.get("/explicit")
async def list_with_explicit_params(params: Annotated[Params, Depends()]) -> Page[str]:
    return paginate([f"line {number}" for number in range(9)], params)


@app.get("/chosen", response_model=LimitOffsetPage[int])
async def list_with_a_page_chosen_inside():
    with set_page(LimitOffsetPage[int]):
        return paginate(range(12))


@app.get("/plain")
async def read_plain() -> dict[str, int]:
    return {"plain": 1}


app.include_router(router)
add_pagination(app)


def drive(session) -> None:
    session.ask("GET", "/authors")
    session.ask("GET", "/authors?page=2&size=3")
    session.ask("GET", "/authors?page=0", status=422)
    session.ask("GET", "/authors?page=x&size=1000", status=422)
    session.ask("GET", "/authors/offset?limit=2&offset=4")
    session.ask("GET", "/authors/offset?limit=0&offset=-1", status=422)
    first = session.ask("GET", "/authors/cursor?size=3").json()
    assert first["next_page"]
    session.ask("GET", f"/authors/cursor?size=3&cursor={first['next_page']}")
    session.ask("GET", "/authors/cursor?cursor=nonsense", status=400)
    session.ask("GET", "/authors/small")
    session.ask("GET", "/authors/small?name=7")
    session.ask("GET", "/authors/small?size=4", status=422)
    session.ask("GET", "/numbers?minimum=90")
    session.ask("GET", "/numbers?minimum=x&page=-1", status=422)
    session.ask("GET", "/linked?page=2&size=10")
    session.ask("GET", "/explicit?size=4&page=3")
    session.ask("GET", "/chosen?limit=5")
    session.ask("GET", "/plain")
    session.ask("GET", "/openapi.json")
