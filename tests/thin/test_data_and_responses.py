"""The thin modules hand on what Starlette has, with the reference's additions."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import io
import subprocess
import sys
import types
import warnings
from typing import Any

import fastapi.datastructures
import fastapi.responses
import fastapi.utils
import pytest
import starlette
import starlette.status
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile as StarletteUploadFile

from vivace import status
from vivace.background import BackgroundTasks
from vivace.datastructures import Default, DefaultPlaceholder, UploadFile
from vivace.exceptions import FastAPIDeprecationWarning
from vivace.logger import logger
from vivace.responses import is_body_allowed_for_status_code


class Form(BaseModel):
    one: UploadFile
    maybe: UploadFile | None = None
    many: list[UploadFile] = []


class ReferenceForm(BaseModel):
    one: fastapi.datastructures.UploadFile
    maybe: fastapi.datastructures.UploadFile | None = None
    many: list[fastapi.datastructures.UploadFile] = []


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_an_upload_has_the_references_schema(mode: Any) -> None:
    expected = {**ReferenceForm.model_json_schema(mode=mode), "title": "Form"}

    assert Form.model_json_schema(mode=mode) == expected


@pytest.mark.parametrize("cls", [UploadFile, StarletteUploadFile])
def test_an_upload_passes_validation_as_it_is(cls: type[StarletteUploadFile]) -> None:
    upload = cls(io.BytesIO(b"a"), filename="a.txt")

    assert TypeAdapter(UploadFile).validate_python(upload) is upload


def test_anything_else_is_no_upload() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(UploadFile).validate_python("text")
    with pytest.raises(ValidationError) as expected:
        TypeAdapter(fastapi.datastructures.UploadFile).validate_python("text")

    ours, theirs = caught.value.errors(include_context=False), expected.value.errors(include_context=False)
    assert ours == theirs


def test_an_upload_is_read_and_written() -> None:
    async def main() -> tuple[bytes, bytes, bool]:
        upload = UploadFile(io.BytesIO(), filename="a.txt", size=0)
        await upload.write(b"hello")
        await upload.seek(1)
        part, rest = await upload.read(2), await upload.read()
        await upload.close()
        return part, rest, upload.file.closed

    assert asyncio.run(main()) == (b"el", b"lo", True)


def test_a_default_is_known_from_a_value_given_on_purpose() -> None:
    placeholder = Default(0)

    assert isinstance(placeholder, DefaultPlaceholder)
    assert placeholder.value == 0
    assert not placeholder
    assert placeholder == Default(0)
    assert placeholder != Default(1)
    assert placeholder != 0
    with pytest.raises(TypeError, match="unhashable"):
        hash(placeholder)


@pytest.mark.parametrize(
    "code", [None, "default", "1XX", "4XX", "200", 100, 199, 200, 204, 205, 304, 404, "204", "304"]
)
def test_the_same_status_codes_have_a_body(code: Any) -> None:
    assert is_body_allowed_for_status_code(code) is fastapi.utils.is_body_allowed_for_status_code(code)


class FakeJson(types.ModuleType):
    """Stands for ujson and orjson, which need not be installed."""

    OPT_NON_STR_KEYS = 4
    OPT_SERIALIZE_NUMPY = 16

    def dumps(self, content: Any, **options: Any) -> Any:
        text = f"{content!r} {options}"
        return text if self.__name__ == "ujson" else text.encode()


@pytest.mark.parametrize("library", ["ujson", "orjson"])
def test_a_deprecated_response_warns_and_writes_with_its_library(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, FakeJson(library))
    monkeypatch.setattr(fastapi.responses, library, FakeJson(library))
    name = f"{library.upper()}Response"
    bodies = []
    for module in ("vivace.responses", "fastapi.responses"):
        make = getattr(importlib.import_module(module), name)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            bodies.append((make({1: "é"}).body, make.media_type))
        assert [warning.category.__name__ for warning in caught] == ["FastAPIDeprecationWarning"]
        assert str(caught[0].message).startswith(f"{name} is deprecated, ")

    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("library", ["ujson", "orjson"])
def test_a_deprecated_response_without_its_library_says_what_is_missing(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    make = getattr(importlib.import_module("vivace.responses"), f"{library.upper()}Response")

    with (
        pytest.warns(FastAPIDeprecationWarning),
        pytest.raises(AssertionError, match=f"{library} must be installed to use {library.upper()}Response"),
    ):
        make({})


def test_background_tasks_run_in_order() -> None:
    done: list[Any] = []

    async def later(value: int, *, name: str) -> None:
        done.append((value, name))

    tasks = BackgroundTasks()
    tasks.add_task(done.append, "first")
    tasks.add_task(later, 2, name="second")
    asyncio.run(tasks())

    assert done == ["first", (2, "second")]
    assert list(inspect.signature(tasks.add_task).parameters) == ["func", "args", "kwargs"]


@pytest.mark.parametrize("is_async", [True, False], ids=["async", "in a thread"])
def test_a_background_task_passes_whoever_replaces_the_call_of_starlettes_tasks(
    is_async: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []
    original = BackgroundTask.__call__

    async def later(value: int) -> None:
        done.append(value)

    async def watched(self: BackgroundTask) -> None:
        done.append(self.func.__name__)
        await original(self)

    tasks = BackgroundTasks()
    if is_async:
        tasks.add_task(later, 1)
    else:
        tasks.add_task(done.append, 1)
    monkeypatch.setattr(BackgroundTask, "__call__", watched)
    asyncio.run(tasks())

    assert done == ["later" if is_async else "append", 1]


def test_the_status_codes_are_starlettes() -> None:
    assert status.HTTP_418_IM_A_TEAPOT == 418
    assert set(status.__all__) == set(starlette.status.__all__)


def test_an_old_name_of_a_status_code_works_with_a_warning() -> None:
    with pytest.warns(starlette.exceptions.StarletteDeprecationWarning, match="HTTP_422_UNPROCESSABLE_CONTENT"):
        code = importlib.import_module("vivace.status").HTTP_422_UNPROCESSABLE_ENTITY

    assert code == 422


def test_the_logger_has_the_name_of_the_package_and_no_handlers() -> None:
    assert logger.name == "vivace"
    assert logger.handlers == []


SAME = {
    "vivace.requests": "starlette.requests",
    "vivace.websockets": "starlette.websockets",
    "vivace.staticfiles": "starlette.staticfiles",
    "vivace.testclient": "starlette.testclient",
    "vivace.middleware": "starlette.middleware",
    "vivace.middleware.cors": "starlette.middleware.cors",
    "vivace.middleware.gzip": "starlette.middleware.gzip",
    "vivace.middleware.httpsredirect": "starlette.middleware.httpsredirect",
    "vivace.middleware.trustedhost": "starlette.middleware.trustedhost",
}


@pytest.mark.parametrize("name", SAME)
def test_a_thin_module_hands_on_starlettes_objects(name: str) -> None:
    module, source = importlib.import_module(name), importlib.import_module(SAME[name])

    assert [each for each in module.__all__ if getattr(module, each) is not getattr(source, each)] == []


def run_program(source: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=30)


@pytest.mark.slow
def test_the_test_client_names_the_package_that_it_needs() -> None:
    program = f"""
import sys
sys.path[:0] = {sys.path!r}
sys.modules["httpx2"] = sys.modules["httpx"] = None
import vivace.testclient
"""
    error = run_program(program).stderr.splitlines()

    assert any(
        line.startswith("RuntimeError: vivace.testclient needs a package that is not installed") for line in error
    )


@pytest.mark.slow
def test_the_modules_under_the_app_import_nothing_that_most_programs_do_without() -> None:
    program = f"""
import sys
sys.path[:0] = {sys.path!r}
import vivace.encoders, vivace.responses, vivace.concurrency, vivace.exception_handlers
import vivace.background, vivace.websockets, vivace.middleware.functions
heavy = {{"starlette.testclient", "jinja2", "httpx2", "httpx", "trio", "uvicorn"}}
print(sorted(heavy & set(sys.modules)))
"""
    assert run_program(program).stdout.strip() == "[]"
