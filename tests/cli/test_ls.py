from __future__ import annotations

from pathlib import Path

import pytest

from composer.record import replace
from support.session import World


@pytest.fixture
def two(demo: World, capsys: pytest.CaptureFixture[str]) -> World:
    """The demo, of which one container has ended, and another project that has stopped."""
    demo.run("up", "-d", "--scale", "db=2")
    demo.run("-p", "other", "up", "-d", "db")
    demo.run("-p", "other", "stop")
    demo.engine.become("demo-db-2", exits=1)
    capsys.readouterr()
    return demo


def out(world: World, capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert world.run(*argv) == 0
    return capsys.readouterr().out


def test_projects_that_run_are_listed_with_their_files(
    two: World, capsys: pytest.CaptureFixture[str]
) -> None:
    file = two.directory / "compose.yaml"

    assert out(two, capsys, "ls") == (
        "NAME                STATUS              CONFIG FILES\n"
        f"demo                running(2)          {file}\n"
    )


def test_all_of_them_are_listed_when_asked_for(
    two: World, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = out(two, capsys, "ls", "-a", "--format", "{{.Name}}: {{.Status}}")

    assert rows == "demo: exited(1), running(2)\nother: exited(1)\n"
    assert out(two, capsys, "ls", "-a", "-q") == "demo\nother\n"


def test_names_are_filtered_by_regular_expressions(
    two: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def names(*filters: str) -> list[str]:
        flags = [word for text in filters for word in ("--filter", text)]
        return out(two, capsys, "ls", "-aq", *flags).split()

    assert names("name=^ot") == ["other"]
    assert names("name=em", "name=oth") == ["demo", "other"]
    assert names("name=nothing") == []


def test_json_is_one_list(two: World, capsys: pytest.CaptureFixture[str]) -> None:
    file = two.directory / "compose.yaml"

    assert out(two, capsys, "ls", "--format", "json") == (
        f'[{{"Name":"demo","Status":"running(2)","ConfigFiles":"{file}"}}]\n'
    )
    assert out(two, capsys, "ls", "--format", "json", "--filter", "name=x") == "[]\n"


def test_what_no_compose_made_counts_nowhere(
    two: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """As another tool leaves it, that takes the label of a project and no other."""
    live = two.engine.containers["demo-web-1"]
    labels = {key: one for key, one in live.spec.labels.items() if not key.endswith("config-hash")}
    live.spec = replace(live.spec, labels=labels)

    assert out(two, capsys, "ls", "--format", "{{.Status}}") == "running(1)\n"
    assert out(two, capsys, "ps", "--services") == "db\n"
    assert out(two, capsys, "top", "web") == ""
    assert two.run("port", "web", "80") == 1


def test_it_needs_no_file(two: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (two.directory / "compose.yaml").unlink()

    assert out(two, capsys, "ls", "-q") == "demo\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("--filter x=y", "error: invalid filter 'x'"),
        ("--filter x", 'error: invalid argument "x" for "--filter" flag: bad format of filter'),
        ("--filter name=[", "error: --filter: '[' is no regular expression"),
        ("--format yaml", "error: there is no format 'yaml'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    two: World, capsys: pytest.CaptureFixture[str], argv: str, message: str
) -> None:
    assert two.run("ls", *argv.split()) == 1
    assert capsys.readouterr().err.startswith(message)
