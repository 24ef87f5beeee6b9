"""Models, with a program in the place of docker's plugin `model`, on a real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.cli import Folder
from support.programs import program

pytestmark = pytest.mark.docker

FILE = """
services:
  web:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    models: [my-llm]
  named:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    models:
      my-llm: {endpoint_var: AT, model_var: WHICH}
models:
  my-llm:
    model: ai/small
    context_size: 4096
    runtime_flags: [--fast]
"""
PLUGIN = """
import os, pathlib
home = pathlib.Path(os.environ["MODELS"])
pulled = home / "pulled"
with (home / "calls").open("a") as calls:
    print(*sys.argv[1:], file=calls)
match sys.argv[1]:
    case "docker-cli-plugin-metadata":
        print('{"SchemaVersion": "0.1.0", "Vendor": "x", "Version": "v1.0.7"}')
    case "ls":
        tags = pulled.read_text().split() if pulled.exists() else []
        print(json.dumps([{"id": tag, "tags": [tag]} for tag in tags]))
    case "pull":
        pulled.write_text(sys.argv[2])
    case "status":
        print(json.dumps({"running": True, "endpoint": os.environ["ENDPOINT"]}))
"""


def model_runner(folder: Folder, text: str = PLUGIN) -> None:
    """Install docker's plugin for models, for this folder, and write a file that uses some."""
    program(folder.path / "docker" / "cli-plugins" / "docker-model", text)
    folder.environment |= {
        "DOCKER_CONFIG": str(folder.path / "docker"),
        "MODELS": str(folder.path),
        "ENDPOINT": "http://models/v1/",
    }
    folder.write("compose.yaml", FILE)


def calls(folder: Folder) -> list[str]:
    file = Path(folder.path / "calls")
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


def variables(folder: Folder, service: str) -> set[str]:
    listed = folder.containers()[f"{folder.name}-{service}-1"]["Config"]["Env"]
    return {one for one in listed if not one.startswith("PATH=")}


def test_a_model_is_pulled_and_configured_and_who_uses_it_knows_where_it_answers(
    folder: Folder,
) -> None:
    model_runner(folder)
    folder.composer("up", "-d").ok()
    assert variables(folder, "web") == {
        "MY_LLM_MODEL=ai/small",
        "MY_LLM_URL=http://models/v1/",
    }
    assert variables(folder, "named") == {"WHICH=ai/small", "AT=http://models/v1/"}
    assert calls(folder) == [
        "ls --json",
        "pull ai/small",
        "docker-cli-plugin-metadata",
        "configure --context-size 4096 ai/small -- --fast",
        "status --json",
    ]

    before = folder.ids()
    folder.composer("up", "-d").ok()
    assert folder.ids() == before
    assert "pull ai/small" not in calls(folder)


def test_another_endpoint_replaces_who_uses_the_model(folder: Folder) -> None:
    model_runner(folder)
    folder.composer("up", "-d", "web").ok()
    folder.environment["ENDPOINT"] = "http://elsewhere/"
    folder.composer("up", "-d", "web").ok()
    assert "MY_LLM_URL=http://elsewhere/" in variables(folder, "web")


def test_a_plan_shows_what_is_pulled_and_configured_and_does_neither(folder: Folder) -> None:
    model_runner(folder)
    out = folder.composer("plan").ok().out
    assert "pull model ai/small" in out
    assert "configure model my-llm" in out
    assert calls(folder) == []


def test_a_plugin_that_fails_is_told_at_the_line_of_the_model(folder: Folder) -> None:
    model_runner(folder, 'print("disk full", file=sys.stderr); sys.exit(1)')
    ran = folder.composer("up", "-d")
    assert folder.containers() == {}
    assert ran.code == 1
    assert "error: docker model ls failed: exit code 1\n" in ran.err
    assert "--> compose.yaml:16:12\n" in ran.err
    assert "     disk full\n" in ran.err


def test_without_the_plugin_each_service_that_uses_models_is_told_at_its_line(
    folder: Folder,
) -> None:
    folder.environment["DOCKER_CONFIG"] = str(folder.path)
    folder.write("compose.yaml", FILE)
    ran = folder.composer("up", "-d")
    assert folder.containers() == {}
    assert folder.networks() == []
    assert ran.code == 1
    for service, place in (("web", "7:5"), ("named", "12:5")):
        message = f"service {service!r} uses models, for which docker's plugin 'model' is needed"
        assert message in ran.err
        assert f"--> compose.yaml:{place}\n" in ran.err
