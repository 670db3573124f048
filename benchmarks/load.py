"""The load: `wrk` with one repeated request, and what it counted. This module knows nothing about frameworks."""

import http.client
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from typing import cast

from workloads import Request

CONNECTIONS = 64
IGNORED_HEADERS = {"date", "server"}  # set by the server, one of them by the clock
SLOWEST_ANSWER_S = 10  # the reference takes over a second for the last of 1,000 routes when it is busy
GRACE_S = 15.0  # for wrk to start, and to end after its time


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    requests: int
    seconds: float
    p99_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def find_wrk() -> str:
    """Return the path of `wrk`.

    Raises:
        RuntimeError: It is not installed.
    """
    path = shutil.which("wrk")
    if path is None:
        raise RuntimeError("The load generator 'wrk' is not on PATH. Install the package wrk (apt-get install wrk).")
    return path


def ask(port: int, request: Request) -> Answer:
    """Send one request and return what came back, with headers in order of name."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        body = request.body.encode() if request.body is not None else None
        connection.request(request.method, request.path, body=body, headers=request.headers)
        response = connection.getresponse()
        headers = ((name.lower(), value) for name, value in response.getheaders())
        kept = sorted(header for header in headers if header[0] not in IGNORED_HEADERS)
        return Answer(status=response.status, headers=tuple(kept), body=response.read())
    finally:
        connection.close()


def run_load(wrk: str, url: str, request: Request, seconds: int, *, connections: int = CONNECTIONS) -> LoadResult:
    """Repeat a request on keep-alive connections for some whole seconds.

    Raises:
        RuntimeError: wrk failed, or an answer was an error or went missing.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(lua_script(request))
        script.flush()
        options = ["-t", "1", "-c", str(connections), "-d", f"{seconds}s", "-s", script.name]
        options += ["--timeout", f"{SLOWEST_ANSWER_S}s"]
        done = subprocess.run(
            [wrk, *options, url],
            capture_output=True,
            text=True,
            timeout=seconds + GRACE_S,
            check=False,
            start_new_session=True,
        )
    if done.returncode:
        raise RuntimeError(f"wrk ended with code {done.returncode} on {url}{request.path}: {done.stderr.strip()}")
    counted = cast("dict[str, float]", json.loads(done.stdout.strip().splitlines()[-1]))
    if counted["errors"] or not counted["requests"]:
        raise RuntimeError(
            f"{request.method} {url}{request.path} under load: {counted}. Every answer must be below 400."
        )
    return LoadResult(
        requests=int(counted["requests"]), seconds=counted["duration_us"] / 1e6, p99_ms=counted["p99_us"] / 1e3
    )


def lua_script(request: Request) -> str:
    """Return the script that makes wrk send `request` and print its counts as one JSON line at the end."""
    lines = [f"wrk.method = {lua_string(request.method)}", f"wrk.path = {lua_string(request.path)}"]
    lines += [f"wrk.headers[{lua_string(name)}] = {lua_string(value)}" for name, value in request.headers.items()]
    if request.body is not None:
        lines.append(f"wrk.body = {lua_string(request.body)}")
    # Without a request() function wrk formats the request once and keeps Lua out of the loop.
    lines.append(
        "function done(summary, latency)\n"
        "  local e = summary.errors\n"
        '  print(string.format(\'{"requests":%d,"duration_us":%d,"errors":%d,"p99_us":%d}\', summary.requests,\n'
        "    summary.duration, e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(99)))\n"
        "end"
    )
    return "\n".join(lines)


def lua_string(text: str) -> str:
    """Quote text for Lua. Its decimal escapes say any byte."""
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03d}" for b in text.encode()) + '"'
