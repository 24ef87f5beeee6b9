from __future__ import annotations

import json
import os

import pytest

from composer.model.observed import ProbeRun
from composer.record import replace
from support.session import Run, World


def test_running_containers_are_listed_by_name(out: Run) -> None:
    assert (
        out("ps", "--format", "{{.Name}} {{.State}}") == "demo-db-1 running\ndemo-web-1 running\n"
    )


def test_the_table_has_docker_composes_columns(out: Run) -> None:
    header, *rows = out("ps").splitlines()

    assert header.split() == ["NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS"]
    assert len(rows) == 2
    assert "0.0.0.0:8080->80/tcp" in rows[1]


def test_json_is_one_object_a_line(out: Run) -> None:
    lines = out("ps", "--format", "json").splitlines()

    assert [json.loads(line)["Service"] for line in lines] == ["db", "web"]


def test_stopped_containers_are_listed_when_asked_for(up: World, out: Run) -> None:
    up.engine.become("demo-db-1", exits=1)

    assert out("ps", "--services") == "web\n"
    assert out("ps", "-a", "--services") == "db\nweb\n"
    assert out("ps", "--status", "exited", "--format", "{{.ExitCode}}") == "1\n"
    assert out("ps", "--filter", "status=exited", "--services") == "db\n"


def test_a_dead_container_tells_how_it_ended(up: World, out: Run) -> None:
    up.engine.become("demo-db-1", exits=7)
    up.engine.become("demo-db-1", status="dead")

    assert json.loads(out("ps", "-a", "--format", "json", "db"))["ExitCode"] == 7


def test_who_asks_for_a_status_sees_one_off_containers_too(up: World, out: Run) -> None:
    live = up.engine.containers["demo-web-1"]
    labels = {**live.spec.labels, "com.docker.compose.oneoff": "True"}
    live.spec = replace(live.spec, labels=labels)

    assert out("ps", "--services") == "db\n"
    assert out("ps", "--services", "--status", "running") == "db\nweb\n"
    assert out("ps", "-a", "--services") == "db\nweb\n"


def test_no_services_are_an_empty_line_as_in_docker_compose(out: Run) -> None:
    assert out("ps", "--services", "--status", "dead") == "\n"


def test_services_narrow_the_list(out: Run) -> None:
    assert out("ps", "web", "--services") == "web\n"


def test_ids_are_printed_in_full(up: World, out: Run) -> None:
    assert out("ps", "-q", "web") == f"{up.engine.containers['demo-web-1'].id}\n"


def test_orphans_can_be_left_out(up: World, out: Run) -> None:
    up.write("services: {web: {image: nginx:alpine}}")

    assert out("ps", "--services") == "db\nweb\n"
    assert out("ps", "--services", "--orphans=false") == "web\n"


def test_the_format_of_the_docker_cli_is_honoured(up: World, out: Run) -> None:
    up.write('{"psFormat": "{{.Name}}!"}', "docker/config.json")
    up.setenv("DOCKER_CONFIG", str(up.directory / "docker"))

    assert out("ps") == "demo-db-1!\ndemo-web-1!\n"


def test_an_error_in_the_format_of_the_docker_cli_is_told_as_such(
    up: World, capsys: pytest.CaptureFixture[str]
) -> None:
    up.write('{"psFormat": "{{.Nmae}}"}', "docker/config.json")
    up.setenv("DOCKER_CONFIG", str(up.directory / "docker"))

    assert up.run("ps") == 1
    assert "  --> psFormat:1:3\n" in capsys.readouterr().err


@pytest.fixture
def seen(up: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run composer as if stdout were a terminal of 100 columns, and return what it shows."""

    def run(*argv: str) -> str:
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        up.setenv("NO_COLOR", "1")
        monkeypatch.setattr(os, "get_terminal_size", lambda descriptor: os.terminal_size((100, 30)))
        assert up.run(*argv) == 0
        return capsys.readouterr().out

    return run


def test_a_person_is_told_why_containers_ended_and_which_probe_fails(up: World, seen: Run) -> None:
    up.engine.become("demo-db-1", exits=137, oom_killed=True)
    failed = ProbeRun(exit_code=1, output="no answer", start=10, end=10.5)
    up.engine.become("demo-web-1", health="unhealthy", probes=(failed,), streak=3)

    web = up.engine.containers["demo-web-1"]
    web.published = (*web.published, replace(web.published[0], host_ip="::"))

    table, notes = seen("ps", "-a").split("\n\n")

    assert all(len(line) <= 100 for line in table.splitlines())
    assert [line.split()[-1] for line in table.splitlines() if "80/tcp" in line] == ["8080->80/tcp"]
    assert notes.splitlines() == [
        "demo-db-1: exited (137): killed by SIGKILL, out of memory",
        "demo-web-1: unhealthy: probe 3 of 3 failed: exit code 1 after 0.5 s; every 30 s,"
        " timeout 30 s",
        "    no answer",
    ]


def test_a_person_is_told_of_orphans(up: World, seen: Run) -> None:
    up.write("services: {web: {image: nginx:alpine}}")

    assert seen("ps").endswith("\n\ndemo-db-1: its service is not in the file\n")


def test_a_template_is_filled_on_a_terminal_too(seen: Run) -> None:
    assert seen("ps", "--format", "{{.Name}}") == "demo-db-1\ndemo-web-1\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("ps nope", "error: no such service: nope\n"),
        ("ps wbe", "error: no such service: wbe\n   = help: did you mean 'web'?\n"),
        (
            "ps ./compose.yaml",
            "error: no such service: ./compose.yaml\n"
            "   = help: a file stands before the command: composer -f ./compose.yaml …\n",
        ),
        ("ps --status lost", "error: unknown status 'lost'\n"),
        ("ps --filter name=web", "error: unknown filter 'name'\n"),
        ("ps --filter status", "error: --filter takes KEY=VALUE, not 'status'\n"),
        ("ps --format {{.Nmae}}", "error: there is no field 'Nmae'\n  --> --format:1:3\n"),
    ],
)
def test_what_does_not_exist_is_refused(
    up: World, capsys: pytest.CaptureFixture[str], argv: str, message: str
) -> None:
    assert up.run(*argv.split()) == 1
    assert capsys.readouterr().err.startswith(message)
