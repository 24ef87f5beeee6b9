from __future__ import annotations

import json

import pytest

from composer.actions import stats
from composer.model.usage import Sample
from support.session import World

MIB = 1024**2


@pytest.fixture
def up(demo: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> World:
    demo.run("up", "-d")
    demo.engine.used["demo-web-1"] = [
        Sample(cpu=0, system=0, cpus=2, memory=MIB, memory_limit=4 * MIB, pids=1),
        Sample(cpu=10, system=100, cpus=2, memory=MIB, memory_limit=4 * MIB, pids=1),
    ]
    monkeypatch.setattr(stats, "SHORTLY", 0)
    capsys.readouterr()
    return demo


def out(world: World, capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert world.run("stats", "--no-stream", *argv) == 0
    return capsys.readouterr().out


def test_one_look_has_the_percentages(up: World, capsys: pytest.CaptureFixture[str]) -> None:
    header, row = out(up, capsys, "web").splitlines()

    assert header.split("  ")[0] == "CONTAINER ID"
    assert row.split() == [
        up.engine.containers["demo-web-1"].id[:12], "demo-web-1", "20.00%",
        "1MiB", "/", "4MiB", "25.00%", "0B", "/", "0B", "0B", "/", "0B", "1",
    ]  # fmt: skip


def test_json_is_one_object_a_line(up: World, capsys: pytest.CaptureFixture[str]) -> None:
    db, web = map(json.loads, out(up, capsys, "--format", "json").splitlines())

    assert (db["Name"], web["Name"], web["CPUPerc"]) == ("demo-db-1", "demo-web-1", "20.00%")


def test_stopped_containers_are_shown_when_asked_for(
    up: World, capsys: pytest.CaptureFixture[str]
) -> None:
    up.engine.become("demo-web-1", exits=0)
    template = "{{.Name}} {{.MemUsage}} {{.CPUPerc}}"

    assert out(up, capsys, "--format", "{{.Name}}") == "demo-db-1\n"
    assert out(up, capsys, "-a", "web", "--format", template) == "demo-web-1 0B / 0B 0.00%\n"


def test_the_format_of_the_docker_cli_is_honoured(
    up: World, capsys: pytest.CaptureFixture[str]
) -> None:
    up.write('{"statsFormat": "{{.Name}}!"}', "docker/config.json")
    up.setenv("DOCKER_CONFIG", str(up.directory / "docker"))

    assert out(up, capsys) == "demo-db-1!\ndemo-web-1!\n"


def test_it_works_without_a_file(up: World, capsys: pytest.CaptureFixture[str]) -> None:
    (up.directory / "compose.yaml").unlink()

    assert up.run("-p", "demo", "stats", "--no-stream", "--format", "{{.Name}}", "db") == 0
    assert capsys.readouterr().out == "demo-db-1\n"
