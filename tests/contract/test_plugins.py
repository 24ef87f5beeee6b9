"""Programs beside the engine.  Each engine is given the same ones, in its own way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from composer.engine.docker.client import connect
from composer.engine.port import Engine
from composer.errors import EngineError
from composer.model.events import Progress
from composer.model.provision import ModelSpec, ProviderCall, Setting
from support.engine import FakeEngine
from support.programs import program
from support.world import FakeProvider

CALL = ProviderCall(project="demo", service="db", type="cloud", command="up")
TELLS = """
if sys.argv[2] == "metadata":
    print('{"stop": {}}')
else:
    say("setenv", "URL=a=b")
    say("rawsetenv", "RAW=x")
"""
MODELS = """
match sys.argv[1]:
    case "ls": print('[]')
    case "status": print('{"endpoint": "http://models/"}')
    case "pull" if sys.argv[2] != "ai/small": sys.exit(1)
"""


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine with a provider called cloud, one called broken, and a runner of models."""
    if request.param == "fake":
        made = FakeEngine()
        settings = (Setting("URL", "a=b"), Setting("RAW", "x", raw=True))
        made.providers["cloud"] = FakeProvider(tells=settings, stops=True)
        made.providers["broken"] = FakeProvider(fails="no")
        made.model_endpoint = "http://models/"
        yield made
        return
    program(tmp_path / "cloud", TELLS)
    program(tmp_path / "broken", "sys.exit(1)")
    program(tmp_path / "docker" / "cli-plugins" / "docker-model", MODELS)
    path = f"{tmp_path}:{os.environ['PATH']}"
    real = connect({**os.environ, "PATH": path, "DOCKER_CONFIG": str(tmp_path / "docker")})
    yield real
    real.close()


both = pytest.mark.parametrize(
    "engine", ["fake", pytest.param("docker", marks=pytest.mark.docker)], indirect=True
)


@both
def test_a_provider_is_found_by_its_type_and_says_whether_it_can_stop(engine: Engine) -> None:
    assert engine.has_provider("cloud")
    assert not engine.has_provider("missing")
    assert engine.can_stop("cloud")
    assert not engine.can_stop("broken")


@both
def test_what_a_provider_tells_is_heard_as_settings(engine: Engine) -> None:
    said: list[Progress] = []
    engine.provide(CALL, said.append)
    assert [one.setting for one in said if one.setting] == [
        Setting("URL", "a=b"),
        Setting("RAW", "x", raw=True),
    ]


@both
@pytest.mark.parametrize("type", ["broken", "missing"])
def test_a_provider_that_fails_or_is_missing_is_an_error(engine: Engine, type: str) -> None:
    call = ProviderCall(project="demo", service="db", type=type, command="up")
    with pytest.raises(EngineError):
        engine.provide(call, lambda progress: None)


@both
def test_a_model_that_is_pulled_and_configured_tells_where_it_answers(engine: Engine) -> None:
    assert engine.has_models()
    said: list[Progress] = []
    engine.pull_model("ai/small", said.append)
    engine.configure_model(ModelSpec(key="llm", model="ai/small"), said.append)
    assert [one.setting for one in said if one.setting] == [Setting("URL", "http://models/")]
