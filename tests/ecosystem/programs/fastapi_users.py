"""fastapi-users: registration, sign-in with JWT and with a cookie, verification, forgotten passwords, over SQL."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi_users import BaseUserManager, FastAPIUsers, InvalidPasswordException, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, CookieTransport, JWTStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import StaticPool

SECRET = "not a secret, but long enough for an HMAC"
engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
make_session = async_sessionmaker(engine, expire_on_commit=False)
sent: dict[str, str] = {}  # the letters that would have been sent


class Base(DeclarativeBase): ...


class User(SQLAlchemyBaseUserTableUUID, Base):
    name: Mapped[str] = mapped_column(default="")


class UserRead(schemas.BaseUser[uuid.UUID]):
    name: str


class UserCreate(schemas.BaseUserCreate):
    name: str


class UserUpdate(schemas.BaseUserUpdate):
    name: str | None = None


async def get_session() -> AsyncIterator[AsyncSession]:
    async with make_session() as session:
        yield session


async def get_user_database(session: Annotated[AsyncSession, Depends(get_session)]):
    yield SQLAlchemyUserDatabase(session, User)


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    reset_password_token_secret = SECRET
    verification_token_secret = SECRET

    async def validate_password(self, password, user) -> None:
        if len(password) < 8:
            raise InvalidPasswordException(reason="Password should be at least 8 characters")

    async def on_after_register(self, user: User, request: Request | None = None) -> None:
        sent["registered"] = f"{user.email} by {request.method if request else None}"

    async def on_after_forgot_password(self, user: User, token: str, request: Request | None = None) -> None:
        sent["reset"] = token

    async def on_after_request_verify(self, user: User, token: str, request: Request | None = None) -> None:
        sent["verify"] = token


async def get_user_manager(user_database: Annotated[SQLAlchemyUserDatabase, Depends(get_user_database)]):
    yield UserManager(user_database)


def get_strategy() -> JWTStrategy:
    return JWTStrategy(secret=SECRET, lifetime_seconds=3600)


bearer = AuthenticationBackend(
    name="jwt", transport=BearerTransport(tokenUrl="auth/jwt/login"), get_strategy=get_strategy
)
cookie = AuthenticationBackend(
    name="cookie", transport=CookieTransport(cookie_max_age=60, cookie_secure=False), get_strategy=get_strategy
)
users = FastAPIUsers[User, uuid.UUID](get_user_manager, [bearer, cookie])
current_user = users.current_user(active=True)
maybe_user = users.current_user(optional=True)
current_admin = users.current_user(active=True, verified=True, superuser=True)


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
app.include_router(users.get_auth_router(bearer), prefix="/auth/jwt", tags=["auth"])
app.include_router(users.get_auth_router(cookie), prefix="/auth/cookie", tags=["auth"])
app.include_router(users.get_register_router(UserRead, UserCreate), prefix="/auth", tags=["auth"])
app.include_router(users.get_reset_password_router(), prefix="/auth", tags=["auth"])
app.include_router(users.get_verify_router(UserRead), prefix="/auth", tags=["auth"])
app.include_router(users.get_users_router(UserRead, UserUpdate), prefix="/users", tags=["users"])


@app.get("/hello")
async def greet(user: Annotated[User, Depends(current_user)]) -> dict[str, str]:
    return {"hello": user.name}


@app.get("/maybe")
async def greet_anyone(user: Annotated[User | None, Depends(maybe_user)]) -> dict[str, str]:
    return {"hello": user.name if user else "stranger"}


@app.get("/admin", dependencies=[Depends(current_admin)])
def read_secrets() -> dict[str, str]:
    return {"for": "admins"}


def drive(session) -> None:
    ann = {"email": "ann@example.com", "password": "correct horse", "name": "Ann"}
    session.ask("POST", "/auth/register", json=ann, status=201)
    session.tell(sent["registered"])
    session.ask("POST", "/auth/register", json=ann, status=400)
    session.ask("POST", "/auth/register", json=ann | {"email": "bob@example.com", "password": "short"}, status=400)
    session.ask("POST", "/auth/register", json={"email": "nonsense"}, status=422)
    session.ask("POST", "/auth/jwt/login", data={"username": "ann@example.com", "password": "wrong"}, status=400)
    session.ask("POST", "/auth/jwt/login", data={"username": "ann@example.com"}, status=422)
    login = {"username": "ann@example.com", "password": "correct horse"}
    token = session.ask("POST", "/auth/jwt/login", data=login).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    session.ask("GET", "/hello", status=401)
    session.ask("GET", "/hello", headers={"Authorization": "Bearer nonsense"}, status=401)
    session.ask("GET", "/hello", headers=headers)
    session.ask("GET", "/maybe")
    session.ask("GET", "/maybe", headers=headers)
    session.ask("GET", "/admin", headers=headers, status=403)
    me = session.ask("GET", "/users/me", headers=headers).json()
    session.ask("PATCH", "/users/me", headers=headers, json={"name": "Anna"})
    session.ask("PATCH", "/users/me", headers=headers, json={"email": "no address"}, status=422)
    session.ask("GET", f"/users/{me['id']}", headers=headers, status=403)

    session.ask("POST", "/auth/request-verify-token", json={"email": "ann@example.com"}, status=202)
    session.ask("POST", "/auth/verify", json={"token": "nonsense"}, status=400)
    session.ask("POST", "/auth/verify", json={"token": sent["verify"]})
    session.ask("POST", "/auth/verify", json={"token": sent["verify"]}, status=400)
    session.ask("POST", "/auth/forgot-password", json={"email": "ann@example.com"}, status=202)
    session.ask("POST", "/auth/reset-password", json={"token": sent["reset"], "password": "1234"}, status=400)
    session.ask("POST", "/auth/reset-password", json={"token": sent["reset"], "password": "battery staple"})
    session.ask("POST", "/auth/jwt/login", data=login, status=400)

    session.ask("POST", "/auth/cookie/login", data=login | {"password": "battery staple"}, status=204)
    session.ask("GET", "/users/me")
    session.ask("POST", "/auth/cookie/logout", status=204)
    session.ask("GET", "/users/me", status=401)

    make_admin(session.client)
    session.ask("GET", "/admin", headers=headers)
    session.ask("GET", f"/users/{me['id']}", headers=headers)
    session.ask("GET", f"/users/{uuid.UUID(int=7)}", headers=headers, status=404)
    session.ask("PATCH", f"/users/{me['id']}", headers=headers, json={"is_active": False})
    session.ask("GET", "/hello", headers=headers, status=401)
    session.ask("GET", "/openapi.json")


def make_admin(client) -> None:
    async def change() -> None:
        from sqlalchemy import update

        async with make_session() as database:
            await database.execute(update(User).values(is_superuser=True))
            await database.commit()

    client.portal.call(change)
