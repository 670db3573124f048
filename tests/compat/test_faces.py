"""What programs reach for although it is not documented: the same questions to the reference and to Vivace."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import types
import typing
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from typing import Annotated, Any, ForwardRef

import pytest
from pydantic import BaseModel
from starlette.datastructures import Headers, QueryParams

EMPTY = inspect.Parameter.empty


class Model(BaseModel):
    a: int


def dependency(size: int = 3) -> int:
    return size


class Framework:
    """The modules of one framework."""

    def __init__(self, name: str) -> None:
        self.top = importlib.import_module(name)
        self.utils = importlib.import_module(f"{name}.dependencies.utils")
        self.models = importlib.import_module(f"{name}.dependencies.models")
        self.compat = importlib.import_module(f"{name}._compat")
        self.shared = importlib.import_module(f"{name}._compat.shared")
        self.routing = importlib.import_module(f"{name}.routing")


FRAMEWORKS = Framework("fastapi"), Framework("vivace")
Ask = Callable[[Framework], Any]


def answer(ask: Ask, framework: Framework) -> str:
    try:
        return repr(ask(framework))
    except Exception as exc:
        return f"{type(exc).__name__}: {exc}"


def assert_same(ask: Ask) -> None:
    reference, ours = (answer(ask, framework) for framework in FRAMEWORKS)
    assert ours.replace("vivace", "fastapi") == reference


def described(field: Any) -> Any:
    info = field.field_info
    return type(info).__name__, field.name, field.alias, info.is_required(), field.mode, info.annotation


ARGUMENTS: dict[str, Callable[[Any], tuple[str, Any, Any, set[str]]]] = {
    "path": lambda top: ("x", int, EMPTY, {"x"}),
    "query": lambda top: ("x", int, EMPTY, set()),
    "optional": lambda top: ("q", str | None, None, set()),
    "model": lambda top: ("m", Model, EMPTY, set()),
    "header": lambda top: ("x_token", Annotated[str, top.Header()], EMPTY, set()),
    "injected": lambda top: ("r", top.Request, EMPTY, set()),
    "default": lambda top: ("b", Annotated[int, top.Body()], 3, set()),
    "list": lambda top: ("a", list[int], EMPTY, set()),
    "nothing": lambda top: ("u", EMPTY, EMPTY, set()),
    "alias": lambda top: ("c", Annotated[int, top.Query(alias="cc")], 5, set()),
    "refused": lambda top: ("x", Annotated[int, top.Query()], EMPTY, {"x"}),
    "dependency": lambda top: ("d", int, top.Depends(dependency), set()),
    "dependency on the type": lambda top: ("d", Annotated[Model, top.Depends()], EMPTY, set()),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_an_argument_is_found_to_be_the_same(case: str) -> None:
    def ask(framework: Framework) -> Any:
        name, annotation, value, path = ARGUMENTS[case](framework.top)
        details = framework.utils.analyze_param(
            param_name=name, annotation=annotation, value=value, path_param_names=path
        )
        called = details.depends and details.depends.dependency
        return details.type_annotation, called, details.field and described(details.field)

    assert_same(ask)


def handler_for(framework: Framework) -> Callable[..., Any]:
    top = framework.top

    def handler(x, m, q="d", h=None, c=None, d=None):  # type: ignore[no-untyped-def]
        ...

    handler.__annotations__ = {
        "x": int,
        "m": Model,
        "q": str,
        "h": Annotated[str | None, top.Header()],
        "c": Annotated[str | None, top.Cookie()],
        "d": Annotated[int, top.Depends(dependency)],
    }
    return handler


def dependant_for(framework: Framework) -> Any:
    return framework.utils.get_dependant(path="/{x}", call=handler_for(framework))


def of_dependant(question: Callable[[Framework, Any], Any]) -> Ask:
    return lambda framework: question(framework, dependant_for(framework))


def body_to_args(framework: Framework, received: Any, *, embed: bool) -> Any:
    fields = dependant_for(framework).body_params
    return asyncio.run(
        framework.utils.request_body_to_args(body_fields=fields, received_body=received, embed_body_fields=embed)
    )


def noted(framework: Framework, name: str) -> Any:
    dependant = framework.models.Dependant()
    kind = getattr(framework.top, name, int)
    found = framework.utils.add_non_field_param_to_dependency(
        param_name="arg", type_annotation=kind, dependant=dependant
    )
    slots = [slot for slot in dir(dependant) if slot.endswith("_param_name")]
    return found, {slot: getattr(dependant, slot) for slot in slots}


def fields_added(framework: Framework, source: str) -> Any:
    dependant = framework.models.Dependant()
    for field in getattr(dependant_for(framework), f"{source}_params"):
        framework.utils.add_param_to_fields(field=field, dependant=dependant)
    return [field.name for field in getattr(dependant, f"{source}_params")]


QUESTIONS: dict[str, Ask] = {
    "fields of a dependant": of_dependant(
        lambda f, d: [[each.name for each in getattr(d, name)] for name in ("path_params", "query_params")]
    ),
    "flat parameters": of_dependant(
        lambda f, d: [(each.name, f.utils.get_validation_alias(each)) for each in f.utils.get_flat_params(d)]
    ),
    "query read": of_dependant(lambda f, d: f.utils.request_params_to_args(d.query_params, QueryParams("q=5"))),
    "path refused": of_dependant(lambda f, d: f.utils.request_params_to_args(d.path_params, {"x": "a"})),
    "path read": of_dependant(lambda f, d: f.utils.request_params_to_args(d.path_params, {"x": "3"})),
    "headers read": of_dependant(lambda f, d: f.utils.request_params_to_args(d.header_params, Headers({"h": "1"}))),
    "nothing read": of_dependant(lambda f, d: f.utils.request_params_to_args([], QueryParams("q=5"))),
    "body read": lambda f: body_to_args(f, {"a": 1}, embed=False),
    "body refused": lambda f: body_to_args(f, {"m": {"a": "z"}}, embed=True),
    "body missing": lambda f: body_to_args(f, None, embed=False),
    "flat bodies": of_dependant(lambda f, d: [each.name for each in f.utils._get_flat_body_params(d)]),
    "body field": of_dependant(
        lambda f, d: described(f.utils._get_body_field(body_params=d.body_params, name="n", embed_body_fields=False))
    ),
    "body field of several": of_dependant(
        lambda f, d: f.utils._get_body_field(body_params=d.body_params, name="n", embed_body_fields=True).name
    ),
    "embedding": of_dependant(
        lambda f, d: [f.utils._should_embed_body_fields(fields) for fields in (d.body_params, d.cookie_params[:0])]
    ),
    "query fields": lambda f: fields_added(f, "query"),
    "cookie fields": lambda f: fields_added(f, "cookie"),
    "body fields": lambda f: fields_added(f, "body"),
    "no package for forms": lambda f: f.utils.multipart_not_installed_error,
    "the wrong package for forms": lambda f: f.utils.multipart_incorrect_install_error,
    "a package for forms": lambda f: f.utils.ensure_multipart_is_installed(),
    "signature": lambda f: f.utils.get_typed_signature(written),
    "return annotation": lambda f: f.utils.get_typed_return_annotation(written),
    "no return annotation": lambda f: f.utils.get_typed_return_annotation(lambda: 1),
    "versions": lambda f: (f.compat.PYDANTIC_VERSION_MINOR_TUPLE, f.shared.PYDANTIC_VERSION, f.compat.Undefined),
    "sequences": lambda f: [f.compat.value_is_sequence(each) for each in ("a", b"", [1], (1,), {1}, {1: 2}, None)],
    "subclasses": lambda f: [f.compat.lenient_issubclass(each, int) for each in (int, bool, str, 3, list[int])],
    "kinds of sequences": lambda f: (f.compat.sequence_types, f.shared.sequence_annotation_to_type),
    "a missing value": lambda f: f.compat.get_missing_field_error(("a", 1)),
    "scalar fields": of_dependant(lambda f, d: [f.compat.is_scalar_field(e) for e in d.query_params + d.body_params]),
    "a model of bodies": of_dependant(
        lambda f, d: f.compat.create_body_model(fields=d.body_params, model_name="N").model_fields
    ),
    "a copied marker": of_dependant(
        lambda f, d: f.compat.copy_field_info(field_info=d.query_params[0].field_info, annotation=int).annotation
    ),
    "references": lambda f: [
        f.compat.evaluate_forwardref(each, {}) for each in ("int", ForwardRef("str"), "nothing", "list[nothing]")
    ],
}


def written(a: int, b: Model | None = None, *rest: Any, **named: Any) -> str:
    return ""


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_the_same_answer(question: str) -> None:
    assert_same(QUESTIONS[question])


@pytest.mark.parametrize("name", ["Request", "WebSocket", "Response", "BackgroundTasks", "int"])
def test_an_injected_argument_is_noted_in_the_same_place(name: str) -> None:
    assert_same(lambda framework: noted(framework, name))


@pytest.mark.parametrize("annotation", [int, "int", "None", None, "List[X]", "Foo", ForwardRef("int"), "str | None"])
def test_an_annotation_is_resolved_alike(annotation: Any) -> None:
    names = {"List": typing.List}  # noqa: UP006  it is a name for eval
    assert_same(lambda framework: framework.utils.get_typed_annotation(annotation, names))


@pytest.mark.parametrize(
    "annotation",
    [
        *(AsyncIterator[int], Iterator[Model], AsyncGenerator[int, None], Generator[str, None, None]),
        *(int, list[int], typing.AsyncIterator, typing.Iterable, AsyncIterator, Iterable[Annotated[int, 3]]),
    ],
    ids=str,
)
def test_the_type_of_the_items_of_a_stream_is_found(annotation: Any) -> None:
    assert_same(lambda framework: framework.utils.get_stream_item_type(annotation))


TYPE_QUESTIONS = (
    *("field_annotation_is_scalar", "field_annotation_is_scalar_sequence", "field_annotation_is_sequence"),
    *("field_annotation_is_complex", "annotation_is_pydantic_v1"),
    *("is_bytes_or_nonable_bytes_annotation", "is_bytes_sequence_annotation"),
    *("is_uploadfile_or_nonable_uploadfile_annotation", "is_uploadfile_sequence_annotation"),
)


@pytest.mark.parametrize("question", TYPE_QUESTIONS)
def test_a_question_about_types_has_the_same_answers(question: str) -> None:
    def ask(framework: Framework) -> list[bool]:
        upload: Any = framework.top.UploadFile
        annotations: list[Any] = [
            *(int, str, str | None, bytes, bytes | None, list, list[int], list[bytes], tuple[int, ...], Any, None),
            *(Sequence[str], set[int] | None, dict, Model, list[Model], upload, upload | None, list[upload]),
            *(list[bytes] | None, Annotated[int, 1], list[list[int]], frozenset[str], int | list[int]),
        ]
        return [bool(getattr(framework.shared, question)(annotation)) for annotation in annotations]

    assert_same(ask)


SIGNATURES = {
    "routing": (
        *("get_request_handler", "get_websocket_app", "request_response", "run_endpoint_function"),
        *("serialize_response", "solve_dependencies", "websocket_session"),
    ),
    "utils": (
        *("add_non_field_param_to_dependency", "add_param_to_fields", "analyze_param", "get_flat_params"),
        *("get_parameterless_sub_dependant", "get_stream_item_type", "get_typed_annotation", "get_typed_signature"),
        *("get_typed_return_annotation", "get_validation_alias", "request_body_to_args", "request_params_to_args"),
        *("ensure_multipart_is_installed", "_get_body_field", "_get_flat_body_params", "SolvedDependency"),
    ),
    "models": ("Dependant",),
}


@pytest.mark.parametrize(("module", "name"), [(module, name) for module in SIGNATURES for name in SIGNATURES[module]])
def test_arguments_have_the_names_the_kinds_and_the_order_of_the_reference(module: str, name: str) -> None:
    def ask(framework: Framework) -> list[tuple[str, Any, bool]]:
        function: types.FunctionType = getattr(getattr(framework, module), name)
        parameters = inspect.signature(function).parameters.values()
        return [(each.name, each.kind, each.default is EMPTY) for each in parameters if not each.name.startswith("_")]

    assert_same(ask)


def test_a_flat_dependant_has_the_parameters_of_all_that_it_depends_on() -> None:
    ours = FRAMEWORKS[1]
    flat = ours.utils.get_flat_dependant(dependant_for(ours))

    assert [field.name for field in flat.query_params] == ["q", "size"]
    assert [sub.call for sub in flat.dependencies] == [dependency]
