"""fastapi-filter: filters, search, order and nested filters over SQLAlchemy."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi_filter import FilterDepends, with_prefix
from fastapi_filter.contrib.sqlalchemy import Filter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase): ...


class Address(Base):
    __tablename__ = "addresses"
    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]
    country: Mapped[str]


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int]
    email: Mapped[str | None]
    address_id: Mapped[int] = mapped_column(ForeignKey("addresses.id"))
    address: Mapped[Address] = relationship(lazy="joined")


class AddressOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    city: str
    country: str


class PersonOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    age: int
    email: str | None
    address: AddressOut


class AddressFilter(Filter):
    city: str | None = None
    country__in: list[str] | None = None

    class Constants(Filter.Constants):
        model = Address


class PersonFilter(Filter):
    name: str | None = None
    name__ilike: str | None = None
    name__neq: str | None = None
    age__gte: int | None = Field(default=None, ge=0)
    age__lt: int | None = None
    email__isnull: bool | None = None
    address: AddressFilter | None = FilterDepends(with_prefix("address", AddressFilter))
    order_by: list[str] | None = ["name"]
    search: str | None = None

    class Constants(Filter.Constants):
        model = Person
        search_model_fields = ["name", "email"]


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
with Session(engine) as filling:
    paris, lyon, rome = (
        Address(city="Paris", country="FR"),
        Address(city="Lyon", country="FR"),
        Address(city="Rome", country="IT"),
    )
    filling.add_all(
        [
            Person(name="Ada", age=36, email="ada@example.com", address=paris),
            Person(name="Alan", age=41, email=None, address=lyon),
            Person(name="Grace", age=85, email="grace@example.com", address=rome),
            Person(name="Edsger", age=72, email=None, address=paris),
        ]
    )
    filling.commit()


def get_session():
    with Session(engine) as session:
        yield session


app = FastAPI()
Database = Annotated[Session, Depends(get_session)]


@app.get("/people", response_model=list[PersonOut])
def list_people(database: Database, person_filter: PersonFilter = FilterDepends(PersonFilter)):
    query = person_filter.sort(person_filter.filter(select(Person).join(Address)))
    return database.execute(query).scalars().all()


@app.get("/addresses")
def list_addresses(
    database: Database, address_filter: Annotated[AddressFilter, FilterDepends(AddressFilter)]
) -> list[AddressOut]:
    return database.execute(address_filter.filter(select(Address))).scalars().all()


def drive(session) -> None:
    session.ask("GET", "/people")
    session.ask("GET", "/people?name=Ada")
    session.ask("GET", "/people?name__ilike=%25a%25&name__neq=Ada")
    session.ask("GET", "/people?age__gte=40&age__lt=80&order_by=-age")
    session.ask("GET", "/people?email__isnull=true&order_by=name,-age")
    session.ask("GET", "/people?search=grace")
    session.ask("GET", "/people?address__city=Paris")
    session.ask("GET", "/people?address__country__in=FR,IT&order_by=-name")
    session.ask("GET", "/people?age__gte=-1&age__lt=x", status=422)
    session.ask("GET", "/people?order_by=nothing", status=422)
    session.ask("GET", "/people?order_by=name,name", status=422)
    session.ask("GET", "/addresses?country__in=IT")
    session.ask("GET", "/openapi.json")
