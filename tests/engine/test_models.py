from __future__ import annotations

import os
from pathlib import Path

import pytest

from composer.engine.models import ModelRunner
from composer.errors import EngineError
from composer.model.events import Progress
from composer.model.provision import ModelSpec, Setting
from support.programs import program

PLUGIN = """
import os
with open(os.environ["LOG"], "a") as log:
    print(" ".join(sys.argv[1:]), file=log)
match sys.argv[1]:
    case "ls": print('[{"id": "sha256:1", "tags": ["ai/here", "ai/here:latest"]}]')
    case "status": print(os.environ["STATUS"])
    case "docker-cli-plugin-metadata": print('{"Version": "%s"}' % os.environ["VERSION"])
    case "pull":
        print("Downloaded 1 MB of 2 MB")
        if sys.argv[2] == "ai/none":
            print("no such model", file=sys.stderr)
            sys.exit(1)
"""


class Lab:
    """A runner of models on a program that notes how it is called."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.log = directory / "log"
        path = program(directory / "docker-model", PLUGIN)
        defaults = {"STATUS": '{"endpoint": "http://m/"}', "VERSION": "v1.0.7"}
        settings = {**os.environ, **defaults, **environment, "LOG": str(self.log)}
        self.runner = ModelRunner(str(path), settings)
        self.said: list[Progress] = []

    def called(self) -> list[str]:
        return self.log.read_text().splitlines()


def test_a_model_is_pulled_unless_it_is_there(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.runner.pull("ai/here", lab.said.append)
    assert lab.called() == ["ls --json"]
    lab.runner.pull("ai/other", lab.said.append)
    assert lab.called()[1:] == ["ls --json", "pull ai/other"]
    assert lab.said == [Progress("Downloaded 1 MB of 2 MB")]


def test_a_pull_that_fails_shows_why(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    with pytest.raises(EngineError) as caught:
        lab.runner.pull("ai/none", lab.said.append)
    assert caught.value.message == "docker model pull failed: exit code 1"
    assert caught.value.help == "its last lines:\n  no such model"


def test_a_model_is_configured_as_the_file_says_and_tells_where_it_answers(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    spec = ModelSpec(key="llm", model="ai/here", context_size=1024, runtime_flags=("--a", "b"))
    lab.runner.configure(spec, lab.said.append)
    assert lab.called() == [
        "docker-cli-plugin-metadata",
        "configure --context-size 1024 ai/here -- --a b",
        "status --json",
    ]
    assert lab.said == [Progress("", setting=Setting("URL", "http://m/"))]


def test_a_plain_model_is_configured_without_anything(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.runner.configure(ModelSpec(key="llm", model="ai/here"), lab.said.append)
    assert lab.called() == ["configure ai/here", "status --json"]


@pytest.mark.parametrize("version", ["v1.0.5", "", "dev"])
def test_flags_that_the_plugin_does_not_know_are_an_error_and_not_forgotten(
    tmp_path: Path, version: str
) -> None:
    lab = Lab(tmp_path, VERSION=version)
    with pytest.raises(EngineError, match="runtime_flags, which this plugin does not know"):
        lab.runner.configure(
            ModelSpec(key="llm", model="ai/here", runtime_flags=("-x",)), lab.said.append
        )


@pytest.mark.parametrize("status", ["Docker Model Runner is not running", "{}", "[]"])
def test_a_runner_that_does_not_tell_where_it_answers_is_an_error(
    tmp_path: Path, status: str
) -> None:
    lab = Lab(tmp_path, STATUS=status)
    with pytest.raises(EngineError, match="does not tell where models answer"):
        lab.runner.configure(ModelSpec(key="llm", model="ai/here"), lab.said.append)
