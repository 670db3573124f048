"""sqladmin: its pages beside an API on one database: lists, search, details, forms, deletion, sign-in, exports."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel
from sqladmin import Admin, BaseView, ModelView, expose
from sqladmin.authentication import AuthenticationBackend
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool
from starlette.responses import PlainTextResponse


class Base(DeclarativeBase): ...


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list[Order]] = relationship(back_populates="customer")

    def __str__(self) -> str:
        return f"Customer {self.name}"


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[int]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship(back_populates="orders")


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)


def get_session():
    with Session(engine) as session:
        yield session


class CustomerIn(BaseModel):
    name: str


app = FastAPI()


@app.post("/customers", status_code=201)
def create_customer(customer: CustomerIn, database: Annotated[Session, Depends(get_session)]) -> dict[str, object]:
    row = Customer(name=customer.name, orders=[Order(total=len(customer.name))])
    database.add(row)
    database.commit()
    return {"id": row.id, "name": row.name}


@app.get("/customers")
def list_customers(database: Annotated[Session, Depends(get_session)]) -> list[str]:
    return [row.name for row in database.scalars(select(Customer).order_by(Customer.id))]


class SignIn(AuthenticationBackend):
    async def login(self, request: Request) -> bool:
        form = await request.form()
        if form["password"] != "correct":
            return False
        request.session["user"] = form["username"]
        return True

    async def logout(self, request: Request) -> bool:
        request.session.clear()
        return True

    async def authenticate(self, request: Request) -> bool:
        return "user" in request.session


class CustomerView(ModelView, model=Customer):
    column_list = [Customer.id, Customer.name, Customer.orders]
    column_searchable_list = [Customer.name]
    column_sortable_list = [Customer.name]
    can_export = True


class OrderView(ModelView, model=Order):
    can_create = False


class Report(BaseView):
    name = "Report"

    @expose("/report", methods=["GET"])
    async def show(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"report for {request.session['user']} at {request.url_for('admin:index')}")


admin = Admin(app, engine, authentication_backend=SignIn(secret_key="for signing only"), title="Shop")
for view in (CustomerView, OrderView, Report):
    admin.add_view(view)


def drive(session) -> None:
    for name in ("Ann", "Bob", "Cleo"):
        session.ask("POST", "/customers", json={"name": name}, status=201)
    session.ask("GET", "/admin/", status=302)
    session.ask("GET", "/admin/login")
    session.ask("POST", "/admin/login", data={"username": "root", "password": "wrong"}, status=400)
    # The cookie of the session has the time in it.
    session.ask(
        "POST", "/admin/login", data={"username": "root", "password": "correct"}, status=302, quiet=("set-cookie",)
    )
    quiet = ("set-cookie", "last-modified", "etag")
    for url in (
        "/admin/",
        "/admin/customer/list",
        "/admin/customer/list?search=nn&sortBy=name&sort=desc",
        "/admin/customer/list?page=x",
        "/admin/customer/details/2",
        "/admin/customer/create",
        "/admin/customer/edit/1",
        "/admin/order/list",
        "/admin/customer/export/csv",
        "/admin/report",
    ):
        session.ask("GET", url, status=400 if "=x" in url else 200, quiet=quiet)
    session.ask("GET", "/admin/order/create", status=403, quiet=quiet)
    session.ask("GET", "/admin/nothing/list", status=404, quiet=quiet)
    session.ask("GET", "/admin/statics/css/main.css", body=False, quiet=quiet)
    created = {"name": "Dora", "orders": ["1"], "save": "Save"}
    session.ask("POST", "/admin/customer/create", data=created, status=302, quiet=quiet)
    session.ask("POST", "/admin/customer/edit/1", data={"name": "Anna", "save": "Save"}, status=302, quiet=quiet)
    session.ask("DELETE", "/admin/customer/delete?pks=3", quiet=quiet)
    session.ask("GET", "/customers")
    session.ask("GET", "/admin/logout", status=302, quiet=quiet)
    session.ask("GET", "/admin/customer/list", status=302, quiet=quiet)
    session.ask("GET", "/openapi.json")
