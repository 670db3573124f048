"""What depends on the process: what is imported, global providers, OpenTelemetry's own instrumentation, export."""

from __future__ import annotations

import gzip
import http.server
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 60
PRELUDE = """
import asyncio, sys
from telemetry.driving import get, serve
from vivace import Vivace
def ask(app, path="/7"):
    return asyncio.run(serve(app, get(path)))[0]
def make(**options):
    app = Vivace(**options)
    @app.get("/{n}")
    async def read(n: int) -> int:
        return n
    return app
"""
HIDDEN = """
import sys
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hide())
"""


def environment(**changes: str) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    kept = {name: value for name, value in os.environ.items() if "OTEL" not in name}
    return {**kept, "PYTHONPATH": path, **changes}


def run(program: str, *, prelude: str = "", **variables: str) -> tuple[str, str]:
    """Run a program in an interpreter of its own; returns what it wrote on its two outputs."""
    done = subprocess.run(
        [sys.executable, "-c", prelude + PRELUDE + program],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        env=environment(**variables),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.slow
def test_an_app_that_is_not_watched_imports_nothing_of_opentelemetry() -> None:
    out, _ = run("print(ask(make()), [name for name in sys.modules if name.startswith('opentelemetry')])")

    assert out == "http.response.start 200 []\n"


@pytest.mark.slow
def test_without_the_package_an_app_serves_and_the_option_is_refused() -> None:
    program = """
print(ask(make()), ask(make(telemetry={})), ask(make(telemetry=None)))
from vivace.telemetry import TelemetryConfig, TelemetryData, get_telemetry_data
print(get_telemetry_data())
try:
    make(telemetry={"metrics": False})
except ImportError as exc:
    print(exc)
"""
    out, err = run(program, prelude=HIDDEN, FASTAPI_OTEL_AUTO_CONFIGURE="true")

    served, data, refusal = out.splitlines()
    assert served == " ".join(["http.response.start 200"] * 3)
    assert data == "None"
    assert refusal.startswith("telemetry= needs OpenTelemetry, which is not installed. Install vivace[opentelemetry], ")
    assert "The environment asks for OpenTelemetry, which is not installed. Install vivace[opentelemetry]." in err


@pytest.mark.slow
def test_a_global_provider_holds_from_when_it_is_set() -> None:
    program = """
from opentelemetry import metrics, trace
from telemetry.recording import Recorder
recorder = Recorder()
app = make()
ask(app)
trace.set_tracer_provider(recorder.tracer_provider)
ask(app)
print([span.name for span in recorder.spans], recorder.reader.get_metrics_data())
metrics.set_meter_provider(recorder.meter_provider)
ask(app)
print(len(recorder.spans), "http.server.request.duration" in str(recorder.lines()))
"""
    out, _ = run(program)

    parts = ["fastapi.dependencies", "fastapi.endpoint", "fastapi.serialization", "GET /{n}"]
    assert out == f"{parts} None\n8 True\n"


@pytest.mark.slow
def test_a_provider_named_in_the_environment_is_made_for_the_first_request() -> None:
    program = """
ask(make())
from opentelemetry import trace
print(type(trace._TRACER_PROVIDER).__name__)
"""
    out, _ = run(program, OTEL_PYTHON_TRACER_PROVIDER="sdk_tracer_provider")

    assert out == "TracerProvider\n"


@pytest.mark.slow
def test_native_telemetry_steps_back_behind_opentelemetrys_own_middleware() -> None:
    program = """
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from telemetry.recording import Recorder
recorder = Recorder()
app = make(telemetry=recorder.config())
ask(app)
app.middleware_stack = None
app.add_middleware(OpenTelemetryMiddleware, tracer_provider=recorder.tracer_provider)
recorder.span_exporter.clear()
ask(app)
print({span.instrumentation_scope.name for span in recorder.spans})
"""
    out, _ = run(program)

    assert out == "{'opentelemetry.instrumentation.asgi'}\n"


class Collector(http.server.BaseHTTPRequestHandler):
    """Receives what is exported over OTLP/HTTP."""

    received: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.received.append((self.path, body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def collecting() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Run a collector; gives its URL, and what it receives by path."""
    received: list[tuple[str, bytes]] = []
    handler = type("Receiving", (Collector,), {"received": received})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", received
        finally:
            server.shutdown()
            thread.join()


PROGRAM = """
from vivace import Vivace
app = Vivace()

@app.get("/{n}")
def read(n: int) -> int:
    return n
"""


@pytest.mark.slow
def test_a_server_exports_everything_before_it_ends(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(PROGRAM)
    with collecting() as (url, received):
        variables = environment(
            OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_SERVICE_NAME="sevens", FASTAPI_OTEL_AUTO_CONFIGURE="true"
        )
        command = [sys.executable, "-m", "vivace", "run", "main.py", "--port", "0"]
        with subprocess.Popen(command, cwd=tmp_path, env=variables, stderr=subprocess.PIPE, text=True) as server:
            try:
                assert server.stderr is not None
                address = next(word for line in server.stderr for word in line.split() if word.startswith("http://"))
                with urllib.request.urlopen(f"{address}/7", timeout=TIMEOUT_S) as response:
                    assert response.read() == b"7"
                with pytest.raises(urllib.error.HTTPError):
                    urllib.request.urlopen(f"{address}/x", timeout=TIMEOUT_S)
                server.send_signal(signal.SIGTERM)
                server.communicate(timeout=TIMEOUT_S)
            finally:
                server.kill()

    assert {path for path, _ in received} == {"/v1/traces", "/v1/metrics", "/v1/logs"}
    traces = [ExportTraceServiceRequest.FromString(body) for path, body in received if path == "/v1/traces"]
    spans = [s for t in traces for r in t.resource_spans for scoped in r.scope_spans for s in scoped.spans]
    assert [span.name for span in spans if span.kind == 2] == ["GET /{n}", "GET /{n}"]
    attributes = {item.key: item.value.string_value for item in traces[0].resource_spans[0].resource.attributes}
    assert attributes["service.name"] == "sevens"


LIFESPAN = """
from starlette.testclient import TestClient
with TestClient(make(telemetry={"auto_configure": True})) as client:
    print(client.get("/7").status_code)
from opentelemetry import trace
print(type(trace.get_tracer_provider()).__name__)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "warning"),
    [
        ({"OTEL_METRICS_EXPORTER": "console"}, "OTEL_METRICS_EXPORTER is 'console', and only 'otlp' and 'none' are"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "the protocol for traces is 'grpc', and only 'http/protobuf' is"),
        (
            {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "nonsense"},
            "the endpoint for logs is 'nonsense'. Write an absolute http or https URL.",
        ),
        ({"OTEL_SDK_DISABLED": "true"}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, ""),
    ],
    ids=["exporter", "protocol", "endpoint", "disabled", "no endpoint"],
)
def test_an_export_that_cannot_be_set_up_is_logged_and_the_app_starts(variables: dict[str, str], warning: str) -> None:
    out, err = run(LIFESPAN, **{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", **variables})

    assert out == "200\nProxyTracerProvider\n"
    assert (f"Automatic telemetry configuration failed: {warning}" in err) is bool(warning)


@pytest.mark.slow
def test_providers_that_were_given_export_too_and_once() -> None:
    program = """
from starlette.testclient import TestClient
from telemetry.recording import Recorder
recorder = Recorder()
app = make(telemetry=recorder.config(auto_configure=True))
for _ in range(2):
    with TestClient(app) as client:
        client.get("/7")
        client.get("/x")
print(len(recorder.spans), [span.name for span in recorder.spans].count("GET /{n}"))
"""
    with collecting() as (url, received):
        out, _ = run(program, OTEL_EXPORTER_OTLP_ENDPOINT=url)

    assert out == "12 4\n"
    paths = [path for path, _ in received]
    assert set(paths) == {"/v1/traces", "/v1/metrics", "/v1/logs"}
    assert paths.count("/v1/traces") == 2 and paths.count("/v1/logs") == 2


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["fastapi", "vivace"])
def test_what_was_set_up_can_be_ended_and_set_up_anew(framework: str) -> None:
    program = """
import importlib, os
from opentelemetry.sdk.trace import TracerProvider
from starlette.testclient import TestClient
framework = os.environ["FRAMEWORK"]
runtime = importlib.import_module(framework + ".telemetry._runtime")
provider = TracerProvider()
app = importlib.import_module(framework).FastAPI(telemetry={"tracer_provider": provider, "logs": False})
def tell():
    with TestClient(app):
        pass
    print([(name, type(each).__name__) for name, each in runtime._configured])
    print([type(each).__name__ for each in runtime._owned])
tell()
runtime._configured.clear()
print(runtime._flush(), runtime._shutdown(), runtime._owned)
tell()
print(len(provider._active_span_processor._span_processors))
"""
    out, _ = run(
        program,
        FRAMEWORK=framework,
        FASTAPI_OTEL_AUTO_CONFIGURE="true",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
        OTEL_METRICS_EXPORTER="none",
    )

    set_up = "[('TRACES', 'TracerProvider')]\n['BatchSpanProcessor']\n"
    assert out == f"{set_up}None None []\n{set_up}2\n"
