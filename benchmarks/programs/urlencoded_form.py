"""A form model read from an urlencoded body."""

from typing import Annotated

from pydantic import BaseModel

from programs.framework import FastAPI, Form

app = FastAPI()


class SignIn(BaseModel):
    username: str
    password: str
    remember: bool = False
    attempts: int = 0


class SignedIn(BaseModel):
    username: str
    remember: bool


@app.post("/sign-in", response_model=SignedIn)
async def sign_in(form: Annotated[SignIn, Form()]) -> SignIn:
    return form
