from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from composer.engine.plugins import find_plugin, find_provider
from composer.engine.providers import arguments, metadata, provide
from composer.errors import EngineError
from composer.model.events import Progress
from composer.model.provision import ProviderCall, Setting
from support.programs import program

OPTIONS = {"size": ("256",), "zone": ("a", "b")}


def call(command: str = "up", **fields: Any) -> ProviderCall:
    return ProviderCall(
        project="demo", service="db", type="cloud", command=command, options=OPTIONS, **fields
    )


def run(path: Path, text: str, one: ProviderCall | None = None) -> list[Progress]:
    """Run a provider that does not describe itself, and return what it reported."""
    quiet = 'if sys.argv[2] == "metadata": sys.exit(1)\n'
    said: list[Progress] = []
    provide(str(program(path / "cloud", quiet + text)), one or call(), os.environ, said.append)
    return said


def failure(path: Path, text: str) -> EngineError:
    with pytest.raises(EngineError) as caught:
        run(path, text)
    return caught.value


def test_it_is_called_with_project_command_options_and_service(tmp_path: Path) -> None:
    said = run(tmp_path, 'say("info", " ".join(sys.argv[1:]))')
    assert [one.text for one in said] == [
        "compose --project-name=demo up --size=256 --zone=a --zone=b db"
    ]


def test_it_knows_the_project_by_a_variable_too(tmp_path: Path) -> None:
    text = 'import os; say("info", os.environ["COMPOSE_PROJECT_NAME"])'
    assert [one.text for one in run(tmp_path, text)] == ["demo"]


def test_it_may_tell_how_far_it_is_and_variables(tmp_path: Path) -> None:
    text = """
say("info", "one\\ntwo")
say("debug", "not for users")
print()
say("setenv", "URL=a=b")
say("rawsetenv", "RAW=")
"""
    assert run(tmp_path, text) == [
        Progress("one"),
        Progress("", setting=Setting("URL", "a=b")),
        Progress("", setting=Setting("RAW", "", raw=True)),
    ]


def test_it_may_ask_for_the_definition_of_its_service(tmp_path: Path) -> None:
    text = """
print('{"type": "get-service-config"}', flush=True)
say("info", json.loads(sys.stdin.readline())["x"])
"""
    definition = json.dumps({"x": "y" * 200_000})
    [said] = run(tmp_path, text, call(definition=definition))
    assert len(said.text) == 200_000


def test_an_error_that_it_tells_is_the_reason(tmp_path: Path) -> None:
    error = failure(tmp_path, 'say("error", "no quota"); import time; time.sleep(600)')
    assert error.message == "provider 'cloud' of service 'db' failed: no quota"


def test_a_failure_shows_its_code_and_what_it_said_on_stderr(tmp_path: Path) -> None:
    error = failure(tmp_path, 'print("no net", file=sys.stderr); sys.exit(3)')
    assert error.message == "provider 'cloud' of service 'db' failed to create it: exit code 3"
    assert error.help == "its last lines:\n  no net"


@pytest.mark.parametrize(
    "said",
    ["hello", '{"type": "bogus"}', '{"type": "setenv", "message": "X"}', "[1]", '{"a": "b"}'],
)
def test_what_is_no_message_is_an_error_that_quotes_it(tmp_path: Path, said: str) -> None:
    error = failure(tmp_path, f"print({said!r}, flush=True); import time; time.sleep(600)")
    assert error.message.startswith(
        "provider 'cloud' of service 'db' said what is no message of a provider: "
    )
    assert said[1:-1] in error.message
    assert error.help is not None


def described(up: Any, down: Any = None, description: str = "") -> dict[str, Any]:
    return {"description": description, "up": {"parameters": up}, "down": {"parameters": down}}


def test_options_that_it_does_not_know_are_left_out_if_it_says_which_it_knows() -> None:
    known = described([{"name": "size"}])
    assert "--zone=a" in arguments(call(), {})
    assert arguments(call(), known)[3:] == ["--size=256", "db"]
    assert arguments(call("down"), known)[3:] == ["db"]
    assert arguments(call(), described(None, description="text"))[3:] == ["db"]


def test_an_option_that_it_needs_and_nobody_gives_is_an_error() -> None:
    with pytest.raises(EngineError, match="needs the option 'name'"):
        arguments(call(), described([{"name": "name", "required": True}]))


@pytest.mark.parametrize("text", ["sys.exit(1)", "print('no json')", "print('[]')"])
def test_who_does_not_describe_itself_well_is_taken_not_to(tmp_path: Path, text: str) -> None:
    assert metadata(str(program(tmp_path / "cloud", text)), os.environ) == {}


def test_a_docker_plugin_comes_before_a_program_in_the_path(tmp_path: Path) -> None:
    config, path = str(tmp_path / "config"), {"PATH": str(tmp_path / "bin")}
    plain = program(tmp_path / "bin" / "cloud", "")
    assert find_provider("cloud", config, {}, path) == str(plain)
    plugin = program(tmp_path / "config" / "cli-plugins" / "docker-cloud", "")
    assert find_provider("cloud", config, {}, path) == str(plugin)
    extra = program(tmp_path / "extra" / "docker-cloud", "")
    settings = {"cliPluginsExtraDirs": [str(tmp_path / "extra")]}
    assert find_provider("cloud", config, settings, path) == str(extra)


def test_compose_itself_and_what_cannot_be_executed_provide_nothing(tmp_path: Path) -> None:
    program(tmp_path / "compose", "")
    program(tmp_path / "cli-plugins" / "docker-cloud", "").chmod(0o644)
    path = {"PATH": str(tmp_path)}
    assert find_provider("compose", str(tmp_path), {}, path) is None
    assert find_plugin("cloud", str(tmp_path), {}) is None
    assert find_plugin("../cloud", str(tmp_path), {}) is None
