"""The workloads: which program, which request, and the ratio to reach. This module runs nothing."""

from dataclasses import dataclass, field

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": "multipart/form-data; boundary=limit"}
UPLOAD = (
    '--limit\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'
    + "a line of text\n" * 20
    + '\r\n--limit\r\nContent-Disposition: form-data; name="note"\r\n\r\nfor the record\r\n--limit--\r\n'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str = "GET"
    path: str = "/"
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One program under one repeated request.

    Attributes:
        name: Also the name of the module under `programs/`.
        target: How many times the reference's CPU time per request the candidate's must fit in.
        handler: The name of the function in the program that answers `request`.
        request: What the load generator repeats.
        also_equal: Requests outside the measured window whose answers must be equal as well.
    """

    name: str
    title: str
    target: float
    handler: str
    request: Request
    also_equal: tuple[Request, ...] = ()


WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        Workload(
            name="plain_json",
            title="plain JSON GET",
            target=3.6,
            handler="read_root",
            request=Request(path="/"),
            also_equal=(Request(path="/missing"), Request(method="DELETE", path="/")),
        ),
        Workload(
            name="typed_parameters",
            title="typed path and query parameters",
            target=3.6,
            handler="read_item",
            request=Request(path="/items/42?q=word&limit=5&exact=true"),
            also_equal=(Request(path="/items/x?limit=y"), Request(path="/items/1?q=")),
        ),
        Workload(
            name="model_in_out",
            title="model in, model out",
            target=3.6,
            handler="create_item",
            request=Request(
                method="POST",
                path="/items",
                headers=JSON,
                body='{"name":"lamp","price":12.5,"quantity":3,"tags":["a","b"],"secret":"hidden"}',
            ),
            also_equal=(
                Request(method="POST", path="/items", headers=JSON, body='{"price":"dear"}'),
                Request(method="POST", path="/items", headers=JSON, body='{"price":'),
            ),
        ),
        Workload(
            name="urlencoded_form",
            title="urlencoded form model",
            target=2.5,
            handler="sign_in",
            request=Request(
                method="POST",
                path="/sign-in",
                headers=FORM,
                body="username=alice&password=correct+horse%21&remember=on&attempts=2",
            ),
            also_equal=(
                Request(method="POST", path="/sign-in", headers=FORM, body="username=alice&attempts=many"),
                Request(method="POST", path="/sign-in", headers=JSON, body='{"username":"alice"}'),
            ),
        ),
        Workload(
            name="multipart_upload",
            title="multipart upload of one small file",
            target=1.1,
            handler="upload",
            request=Request(method="POST", path="/files", headers=MULTIPART, body=UPLOAD),
            also_equal=(
                Request(method="POST", path="/files", headers=FORM, body="file=a&note=b"),
                Request(method="POST", path="/files", headers=MULTIPART, body="--limit"),
            ),
        ),
        Workload(
            name="model_list",
            title="list of 100 models",
            target=2.0,
            handler="list_items",
            request=Request(path="/items"),
        ),
        Workload(
            name="dependency_chain",
            title="chain of five async dependencies",
            target=6.5,
            handler="read_chain",
            request=Request(path="/chain?start=3"),
            also_equal=(Request(path="/chain"), Request(path="/chain?start=x")),
        ),
        Workload(
            name="sync_handler", title="`def` handler", target=4.8, handler="read_sync", request=Request(path="/sync")
        ),
        Workload(
            name="yield_dependency",
            title="one `yield` dependency and a header",
            target=4.5,
            handler="read_rows",
            request=Request(path="/rows", headers={"x-token": "secret"}),
            also_equal=(Request(path="/rows"),),
        ),
        Workload(
            name="bearer_token",
            title="one dependency on a bearer token",
            target=5.0,
            handler="read_me",
            request=Request(path="/me", headers={"authorization": "Bearer secret"}),
            also_equal=(Request(path="/me"), Request(path="/me", headers={"authorization": "Basic x"})),
        ),
        Workload(
            name="function_middleware",
            title='one `@app.middleware("http")`',
            target=9.0,
            handler="read_root",
            request=Request(path="/"),
            also_equal=(Request(path="/missing"),),
        ),
        Workload(
            name="many_routes",
            title="last of 1,000 parametrised routes",
            target=45.0,
            handler="read_item",
            request=Request(path="/resource-999/7"),
            also_equal=(Request(path="/resource-0/7"), Request(path="/resource-1000/7")),
        ),
        Workload(
            name="many_routes_included",
            title="last of 1,000 routes, in 20 routers",
            target=45.0,
            handler="read_item",
            request=Request(path="/resource-999/7"),
            also_equal=(Request(path="/resource-0/7"), Request(path="/resource-1000/7")),
        ),
        Workload(
            name="json_lines",
            title="25 items as JSON lines",
            target=2.0,
            handler="stream_readings",
            request=Request(path="/readings"),
        ),
        Workload(
            name="json_lines_threaded",
            title="25 items as JSON lines, `def`",
            target=2.0,
            handler="stream_readings",
            request=Request(path="/readings"),
        ),
        Workload(
            name="events",
            title="25 items as server-sent events",
            target=2.0,
            handler="stream_events",
            request=Request(path="/events"),
        ),
    )
}


# Not requests but messages: they need a server, and a load of their own.
WEBSOCKETS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        Workload(
            name="websocket_dependencies",
            title="websocket message, behind dependencies",
            target=1.3,
            handler="echo",
            request=Request(path="/rooms/3/echo?token=secret"),
            also_equal=(Request(path="/rooms/3/echo?token=secret"),),
        ),
    )
}


def choose_workloads(names: str | None, among: dict[str, Workload] = WORKLOADS) -> list[Workload]:
    """Return the workloads named in a comma-separated list, or all of them.

    Raises:
        ValueError: A name is unknown.
    """
    if not names:
        return list(among.values())
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in among:
            raise ValueError(f"No workload is called {name!r}. Choose from: {', '.join(among)}.")
    return [among[name] for name in wanted]
