"""The option `telemetry`: what it takes and refuses, and which providers hold."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from opentelemetry import trace
from telemetry.driving import get, serve
from telemetry.recording import Recorder

from vivace import Vivace
from vivace.telemetry import TelemetryConfig
from vivace.telemetry._api import Settings


def ask(app: Vivace, path: str = "/") -> list[str]:
    return asyncio.run(serve(app, get(path)))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"exlude": None}, r"telemetry has no setting 'exlude'\. Did you mean 'exclude'\?"),
        ({"nothing": 1}, r"telemetry has no setting 'nothing'\. There are: tracer_provider, meter_provider, "),
        ([1], r"telemetry must be a dict of settings\. It is \[1\]\."),
        (
            {"tracer_provider": 3},
            r"telemetry\['tracer_provider'\] must be a provider of OpenTelemetry, with a method get_tracer",
        ),
        ({"exclude": "/health"}, r"telemetry\['exclude'\] must be a function of the scope\. It is '/health'\."),
    ],
    ids=["near name", "unknown name", "no dict", "no provider", "no function"],
)
def test_a_wrong_setting_is_refused_when_the_app_is_made(config: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Vivace(telemetry=config)


def test_every_setting_of_the_public_type_is_known() -> None:
    assert TelemetryConfig.__optional_keys__ == set(Settings.__dataclass_fields__)


def test_a_provider_that_does_nothing_watches_nothing() -> None:
    recorder = Recorder()
    app = Vivace(telemetry={"tracer_provider": trace.NoOpTracerProvider()})

    assert ask(app)[0] == "http.response.start 404"
    assert recorder.lines() == []


def test_requests_are_not_watched_without_a_provider() -> None:
    app = Vivace()
    seen: list[bool] = []

    @app.middleware("http")
    async def look(request: Any, call_next: Any) -> Any:
        seen.append("fastapi.telemetry" in request.scope)
        return await call_next(request)

    ask(app)

    assert seen == [False]


def test_what_exclude_cannot_answer_is_not_watched(caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder()
    app = Vivace(telemetry=recorder.config(exclude=lambda scope: scope["no such key"]))

    assert ask(app)[0] == "http.response.start 404"
    assert recorder.lines() == []
    assert "Telemetry failed, and the request goes on: KeyError: 'no such key'" in caplog.text


def test_the_settings_of_two_apps_do_not_touch_each_other() -> None:
    first, second = Recorder(), Recorder()
    ask(Vivace(telemetry=first.config()))
    ask(Vivace(telemetry=second.config(tracing=False)))

    assert [span.name for span in first.spans] == ["GET"]
    assert list(second.spans) == []
