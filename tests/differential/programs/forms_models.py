# mypy: ignore-errors
"""Form models: alone, several, optional, beside fields and files, aliases, extras, unions and discriminators."""

from enum import Enum
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, File, Form, Request, UploadFile
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    Tag,
    model_validator,
)

from differential.cases import case, form, multipart, post


class Login(BaseModel):
    username: str
    password: str
    tags: list[str] = []
    age: int | None = None


BODIES = (
    b"username=a&password=b",
    b"username=a&password=b&tags=1&tags=2&age=3",
    b"username=a",
    b"username=&password=",
    b"username=a&password=b&age=&tags=",
    b"username=a&password=b&age=x&more=1&more=2",
    b"username=a&username=b&password=c",
    b"tags=1",
    b"more=1",
    b"",
)
OTHERS = (
    multipart("/", ("username", None, b"a"), ("password", None, b"b"), ("tags", None, b"")),
    multipart("/", ("username", "f", b"a"), ("password", "", b"")),
    post("/", {"username": "a", "password": "b"}),
    post("/", content=b"username=a&password=b"),
    form("/", b"username=a&password=b", disconnects=True),
)


@case(*[form("/", body) for body in BODIES], *OTHERS)
def a_model():
    app = FastAPI()

    @app.post("/")
    async def read(data: Annotated[Login, Form()]):
        return [data, sorted(data.model_fields_set)]

    return app


@case(*[form("/", body) for body in BODIES], *OTHERS)
def a_model_as_the_default():
    app = FastAPI()

    @app.post("/")
    def read(data: Login = Form()) -> Login:
        return data

    return app


@case(*[form(path, body) for path in ("/", "/none", "/default") for body in BODIES], *OTHERS, openapi=False)
def an_optional_model():
    app = FastAPI()

    @app.post("/")
    async def read(data: Annotated[Login | None, Form()] = None):
        return data

    @app.post("/none")
    async def none(data: Annotated[Login | None, Form()]):
        return data

    @app.post("/default")
    async def default(data: Annotated[Login, Form()] = Login(username="d", password="e")):
        data.tags.append("seen")
        return data

    return app


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int
    b: list[int] = []


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int = 0


EXTRAS = (b"a=1", b"a=1&c=2", b"a=1&c=2&c=3", b"a=1&c=", b"b=1&b=2&a=3&a=4", b"c=1", b"a=1&b=", b"")


@case(
    *[form(path, body) for path in ("/strict", "/loose", "/both", "/beside") for body in EXTRAS],
    multipart("/strict", ("a", None, b"1"), ("c", "", b"")),
    multipart("/loose", ("a", None, b"1"), ("c", "", b"")),
    multipart("/loose", ("a", None, b"1"), ("c", None, b""), ("d", None, b"1"), ("d", None, b"2")),
)
def extras():
    app = FastAPI()

    @app.post("/strict")
    async def strict(data: Annotated[Strict, Form()]):
        return data

    @app.post("/loose")
    async def loose(data: Annotated[Loose, Form()]):
        return repr(data)

    @app.post("/both")
    async def both(one: Annotated[Strict, Form()], two: Annotated[Loose, Form()]):
        return [one, repr(two)]

    @app.post("/beside")
    async def beside(data: Annotated[Loose, Form()], c: Annotated[str, Form()] = "d"):
        return [repr(data), c]

    return app


class Profile(BaseModel):
    name: str
    age: int


class Settings(BaseModel):
    theme: str = "light"
    news: bool = False


SEVERAL = (
    b"name=a&age=1&token=t",
    b"name=a&age=1&theme=dark&news=on&token=t",
    b"name=a&token=t",
    b"token=t",
    b"age=x&news=y",
    b"theme=&token=",
    b"",
)


@case(
    *[form(path, body) for path in ("/", "/optional", "/twice") for body in SEVERAL],
    multipart("/", ("name", None, b"a"), ("age", None, b"1"), ("token", None, b"t")),
    post("/", {"name": "a"}),
)
def several_models():
    app = FastAPI()

    @app.post("/")
    async def read(
        profile: Annotated[Profile, Form()], settings: Annotated[Settings, Form()], token: Annotated[str, Form()]
    ):
        return [profile, settings, token]

    @app.post("/optional")
    async def optional(
        token: Annotated[str, Form()],
        profile: Annotated[Profile | None, Form()] = None,
        settings: Annotated[Settings | None, Form()] = None,
    ):
        return [profile, settings, token]

    @app.post("/twice")
    async def twice(one: Annotated[Profile, Form()], two: Annotated[Profile, Form()]):
        return [one, two]

    return app


class Aliased(BaseModel):
    a: int = Field(alias="A-A")
    b: int = Field(0, validation_alias=AliasChoices("b1", "b2"))
    c: int = Field(0, serialization_alias="C")
    d: Any = Field(None, validation_alias=AliasPath("dd", 0))


class ByName(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    a: int = Field(alias="A-A")
    b: list[int] = Field([], alias="B")


class OnlyByName(BaseModel):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)
    a: int = Field(alias="A-A")


ALIASES = (b"A-A=1", b"a=1", b"A-A=&a=1", b"A-A=1&b2=2&c=3&C=4", b"A-A=1&b1=&b2=2", b"A-A=1&b=2", b"B=1&B=2&a=3", b"")


@case(*[form(path, body) for path in ("/", "/name", "/only") for body in (*ALIASES, b"A-A=1&dd=7&dd=8")])
def aliased_models():
    app = FastAPI()

    @app.post("/")
    async def read(data: Annotated[Aliased, Form()]):
        return repr(data)

    @app.post("/name")
    async def name(data: Annotated[ByName, Form()]):
        return repr(data)

    @app.post("/only")
    async def only(data: Annotated[OnlyByName, Form()]):
        return repr(data)

    return app


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str] = []


UNIONS = (
    b"kind=cat&lives=9",
    b"kind=dog&tricks=a&tricks=b",
    b"kind=dog&tricks=a",
    b"kind=dog",
    b"kind=cow",
    b"kind=cat",
    b"lives=1",
    b"kind=&lives=1",
    b"kind=cat&lives=9&kind=dog",
    b"x=1",
    b"",
)


@case(
    *[form(path, body) for path in ("/", "/told", "/optional", "/beside") for body in UNIONS],
    post("/", {"kind": "cat", "lives": 9}),
    multipart("/told", ("kind", None, b"dog"), ("tricks", None, b"a")),
)
def unions():
    app = FastAPI()

    @app.post("/")
    async def read(pet: Annotated[Cat | Dog, Form()]):
        return pet

    @app.post("/told")
    async def told(pet: Annotated[Cat | Dog, Form(discriminator="kind")]):
        return pet

    @app.post("/optional")
    async def optional(pet: Annotated[Cat | Dog | None, Form()] = None):
        return pet

    @app.post("/beside")
    async def beside(pet: Annotated[Cat | Dog, Form(discriminator="kind")], a: Annotated[str, Form()] = "d"):
        return [pet, a]

    return app


class WithFiles(BaseModel):
    name: str
    file: UploadFile
    more: list[UploadFile] = []
    raw: bytes = b""


@case(
    multipart("/", ("name", None, b"n"), ("file", "f", b"123"), ("more", "g", b"4"), ("more", "h", b"5")),
    multipart("/", ("name", None, b"n"), ("file", "f", b"123"), ("raw", "r", b"6")),
    multipart("/", ("name", None, b"n"), ("file", "", b"")),
    multipart("/", ("name", None, b"n"), ("file", None, b"text"), ("raw", None, b"text")),
    multipart("/", ("file", "f", b""), ("raw", "r", b"")),
    form("/", b"name=a&file=b&raw=c"),
    form("/"),
    multipart("/file", ("name", None, b"n"), ("file", "f", b"123"), ("raw", "r", b"6")),
    multipart("/beside", ("name", None, b"n"), ("age", None, b"1"), ("avatar", "f", b"123")),
    multipart("/beside", ("name", None, b"n"), ("avatar", "f", b"123")),
    form("/beside", b"name=a&age=1"),
)  # fmt: skip
def files_in_models():
    app = FastAPI()

    async def told(data):
        return [data.name, data.file.filename, await data.file.read(), [m.filename for m in data.more], repr(data.raw)]

    @app.post("/")
    async def read(data: Annotated[WithFiles, Form()]):
        return await told(data)

    @app.post("/file")
    async def file(data: Annotated[WithFiles, File()]):
        return await told(data)

    @app.post("/beside")
    async def beside(profile: Annotated[Profile, Form()], avatar: UploadFile):
        return [profile, avatar.size]

    return app


class Checked(BaseModel):
    a: str = "d"

    @model_validator(mode="before")
    @classmethod
    def look(cls, data):
        return {"a": repr(sorted(data.items()) if isinstance(data, dict) else data)}


@case(*[form(path, body) for path in ("/", "/root") for body in (b"a=1", b"b=1&b=2", b"a=&c=", b"")])
def models_with_validators():
    app = FastAPI()

    @app.post("/")
    async def read(data: Annotated[Checked, Form()]):
        return data

    @app.post("/root")
    async def root(data: Annotated[RootModel[dict[str, str]], Form()]):
        return data

    return app


class Low(BaseModel):
    a: int


@case(*[form(path, body) for path in ("/", "/same") for body in (b"a=1&name=n&age=2", b"a=x&name=n", b"a=1", b"")])
def models_in_dependencies(log):
    app = FastAPI()

    async def low(data: Annotated[Low, Form()]):
        log("low", data)
        yield data
        log("low ends")

    @app.post("/")
    async def read(profile: Annotated[Profile, Form()], d: Annotated[Any, Depends(low)]):
        return [profile, d]

    @app.post("/same")
    async def same(d: Annotated[Any, Depends(low)], request: Request):
        return [d, repr((await request.form()).multi_items())]

    return app


OTHERS_SENT = (b"", b"a=1", b"z=1", b"a=", b"z=", b"a=1&z=1&z=2", b"b=1", b"b=", b"c=5")


@case(*[form(path, body) for path in ("/loose", "/strict", "/beside", "/required", "/union") for body in OTHERS_SENT])
def optional_models_that_take_other_values():
    app = FastAPI()

    @app.post("/loose")
    async def loose(data: Annotated[Loose | None, Form()] = None):
        return repr(data)

    @app.post("/strict")
    async def strict(data: Annotated[Strict | None, Form()] = None):
        return data

    @app.post("/beside")
    async def beside(data: Annotated[Loose | None, Form()] = None, c: Annotated[int, Form()] = 0):
        return [repr(data), c]

    @app.post("/required")
    async def required(data: Annotated[Loose | None, Form()]):
        return repr(data)

    @app.post("/union")
    async def union(data: Annotated[Low | Loose | None, Form()] = None):
        return repr(data)

    return app


class ByAlias(BaseModel):
    kind: Literal["cat"] = Field(alias="k")
    lives: int = 9


class AlsoByAlias(BaseModel):
    kind: Literal["dog", "wolf"] = Field(alias="k")
    tricks: list[str] = []


def kind_of(data):
    return data.get("kind", "cat") if isinstance(data, dict) else "?"


TAGGED = (
    b"k=cat&lives=1",
    b"kind=cat",
    b"k=wolf&tricks=a",
    b"kind=dog&tricks=a",
    b"kind=cat&lives=3",
    b"k=cow",
    b"lives=2",
    b"",
)


@case(*[form(path, body) for path in ("/alias", "/function", "/field") for body in TAGGED])
def discriminators():
    app = FastAPI()

    @app.post("/alias")
    async def alias(pet: Annotated[ByAlias | AlsoByAlias, Form(discriminator="kind")]):
        return repr(pet)

    @app.post("/function")
    async def function(
        pet: Annotated[Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")], Discriminator(kind_of), Form()],
    ):
        return repr(pet)

    @app.post("/field")
    async def field(pet: Annotated[Cat | Dog, Field(discriminator="kind"), Form()]):
        return repr(pet)

    return app


class One(BaseModel):
    x: int


class Many(BaseModel):
    x: list[int]
    y: int = 0


@case(*[form(path, body) for path in ("/", "/turned") for body in (b"x=1", b"x=1&x=2", b"x=1&y=2", b"x=a", b"y=", b"")])
def unions_that_read_a_name_in_two_ways():
    app = FastAPI()

    @app.post("/")
    async def read(data: Annotated[One | Many, Form()]):
        return repr(data)

    @app.post("/turned")
    async def turned(data: Annotated[Many | One, Form()]):
        return repr(data)

    return app


class Kept(BaseModel):
    model_config = ConfigDict(extra="allow", populate_by_name=True)
    q: int = Field(1, alias="a")
    r: list[str] | None = Field(None, alias="b")
    s: int = Field(0, validation_alias=AliasChoices("s1", "s2", "s3"))


NAMED_TWICE = (
    b"a=1&q=2",
    b"q=2&a=1",
    b"a=&q=2",
    b"a=1&q=",
    b"b=1&r=2",
    b"b=&r=1",
    b"s2=1&s3=2&s1=",
    b"s3=3&s=4",
    b"s=5",
)


@case(*[form("/", body) for body in NAMED_TWICE])
def names_that_were_not_needed_are_kept():
    app = FastAPI()

    @app.post("/")
    async def read(data: Annotated[Kept, Form()]):
        return repr(data)

    return app


@case(form("/", b"name=n&age=1&token=t&other=o"), form("/", b"name=n&age=1"), form("/", b""))
def fields_with_names_in_common():
    app = FastAPI()

    def needed(token: Annotated[int, Form(alias="name")] = 0):
        return token

    @app.post("/")
    async def read(
        token: Annotated[Profile, Form()],
        n: Annotated[str, Form(alias="token", title="Given")] = "d",
        other_one: Annotated[str, Form(alias="name")] = "d",
        third: Annotated[list[str], Form(validation_alias=AliasChoices("other", "more"))] = [],
        needed: Annotated[Any, Depends(needed)] = None,
    ):
        return [token, n, other_one, third, needed]

    return app


class Theme(Enum):
    dark = "dark"
    light = "light"


@case(
    *[
        form(path, body)
        for path in ("/one", "/other", "/value", "/union", "/fields")
        for body in (b"name=a&age=1&theme=dark&data=3&q=4", b"name=a", b"theme=dark&data=x", b"")
    ]
)
def forms_of_one_name():
    app = FastAPI()

    def profile(data: Annotated[Profile, Form()]):
        return data

    def number(data: Annotated[int, Form()] = 3):
        return data

    def several(data: Annotated[Profile | Settings, Form()]):
        return data

    def other(q: Annotated[bytes, Form()] = b"d", data: Annotated[str, Form(alias="q")] = "e"):
        return [q, data]

    @app.post("/one")
    async def one(data: Annotated[Profile, Form()], again: Annotated[Profile, Depends(profile)]):
        return [data, again]

    @app.post("/one-more")
    async def one_more(data: Annotated[Profile, Form()], q: Annotated[int, Form()], again=Depends(profile)):
        return [data, again, q]

    @app.post("/other")
    async def another(data: Annotated[Settings, Form()], again: Annotated[Profile, Depends(profile)]):
        return [data, again]

    @app.post("/value")
    async def value(data: Annotated[Profile, Form()], again: Annotated[int, Depends(number)]):
        return [data, again]

    @app.post("/union")
    async def union(data: Annotated[Profile | Settings, Form()], again: Annotated[Any, Depends(several)]):
        return [data, again]

    @app.post("/fields")
    async def fields(
        data: Annotated[Settings | None, Form()],
        theme: Annotated[Theme, Form()],
        q: Annotated[int, Form(description="A number.")],
        q_: Annotated[Theme | None, Form(alias="theme")] = None,
        again=Depends(other),
        number=Depends(number),
    ):
        return [data, theme, q, q_, again, number]

    return app


class Renamed(BaseModel):
    """A form whose fields have more than one name."""

    model_config = ConfigDict(populate_by_name=True)

    first: int = Field(alias="one")
    second: str = Field(validation_alias=AliasChoices("two", "deux"))
    third: int = Field(3, validation_alias=AliasChoices("three", "trois"))
    fourth: str


NAMES = [b"one=1&two=b&fourth=d", b"first=1&deux=b&trois=4&fourth=d&n=2", b"second=b&fourth=d&n=x", b"n=1", b""]


@case(*[form(path, body) for path in ("/", "/none", "/beside", "/titled") for body in NAMES])
def models_whose_fields_have_several_names() -> FastAPI:
    app = FastAPI()

    @app.post("/")
    def read(data: Annotated[Renamed, Form()]):
        return data

    @app.post("/none")
    def read_optional(data: Annotated[Renamed | None, Form()] = None):
        return data

    @app.post("/beside")
    def read_beside(data: Annotated[Renamed, Form()], n: Annotated[int, Form()]):
        return [data, n]

    @app.post("/titled")
    def read_titled(data: Annotated[Renamed, Form(title="Names", description="Many")], n: Annotated[int, Form()] = 1):
        return [data, n]

    return app
