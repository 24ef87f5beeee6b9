"""`up --plan` on the command line: what it takes, and what it refuses."""

from __future__ import annotations

import os

import pytest

from support.session import World


@pytest.fixture
def planned(demo: World) -> World:
    assert demo.run("plan", "--out", "plan.json") == 0
    return demo


def test_a_plan_is_carried_out_once(planned: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert planned.run("up", "-d", "--plan", "plan.json") == 0
    assert planned.states == {"demo-db-1": "running", "demo-web-1": "running"}
    capsys.readouterr()

    assert planned.run("up", "-d", "--plan", "plan.json") == 1
    err = capsys.readouterr().err
    assert "error: container demo-db-1 was created since the plan was made" in err
    assert "error: it would not create container demo-db-1" in err


def test_an_image_that_is_another_one_than_planned_stops_before_anything_running_is_touched(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("up", "-d")
    before = {name: live.id for name, live in demo.engine.containers.items()}
    demo.run("plan", "--pull", "always", "--out", "plan.json")
    demo.engine.publish("nginx:alpine", "2")
    capsys.readouterr()

    assert demo.run("up", "-d", "--plan", "plan.json") == 1
    err = capsys.readouterr().err
    assert "it would create container demo-web-1 as well" in err
    assert "an image or a provider gave something else; what ran before was not touched" in err
    assert {name: live.id for name, live in demo.engine.containers.items()} == before


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("up", "--scale", "web=2"), "--scale cannot be added"),
        (("up", "web"), "SERVICE (web) cannot be added"),
        (("up", "--build", "--no-deps"), "--build and --no-deps cannot be added"),
        (("-p", "other", "up"), "--project-name cannot be added"),
        (("-f", "compose.yaml", "up"), "--file cannot be added"),
    ],
)
def test_flags_that_say_something_else_are_refused(
    planned: World, flags: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned.run(*flags, "-d", "--plan", "plan.json") == 1
    assert said in capsys.readouterr().err
    assert planned.states == {}


def test_flags_that_say_the_same_are_no_contradiction(demo: World) -> None:
    demo.run("-p", "other", "plan", "--out", "plan.json")
    assert demo.run("-p", "other", "up", "-d", "--plan", "plan.json") == 0
    assert list(demo.states) == ["other-db-1", "other-web-1"]


def test_waiting_and_showing_less_may_be_added(planned: World) -> None:
    assert planned.run("up", "--wait", "--quiet-pull", "--plan", "plan.json") == 0
    assert planned.states == {"demo-db-1": "running", "demo-web-1": "running"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "--plan x.json: no such file or directory"),
        ("", "--plan x.json: this is not a plan of composer"),
        ("services: {}", "--plan x.json: this is not a plan of composer"),
        ("[]", "--plan x.json: this is not a plan of composer"),
        ('{"steps": []}', "--plan x.json: this is not a plan of composer"),
        ('{"format": "composer plan", "version": 99}', "its format is 99"),
        ('{"format": "composer plan", "version": 2, "steps": 7}', "the plan is damaged"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(
    demo: World, text: str | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (demo.directory / "x.json").write_text(text)
    assert demo.run("up", "--plan", "x.json") == 1
    assert said in capsys.readouterr().err


def test_a_file_that_is_cut_off_is_refused_whole(
    planned: World, capsys: pytest.CaptureFixture[str]
) -> None:
    file = planned.directory / "plan.json"
    file.write_text(file.read_text()[:-20])
    assert planned.run("up", "-d", "--plan", "plan.json") == 1
    assert "this is not a plan of composer" in capsys.readouterr().err


def test_a_plan_that_cannot_be_written_is_an_error(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("plan", "--out", "no/such/plan.json") == 1
    assert "--out no/such/plan.json: no such file or directory" in capsys.readouterr().err


def test_a_pipe_is_not_replaced_by_a_plan(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = demo.directory / "pipe"
    os.mkfifo(pipe)
    assert demo.run("plan", "--out", "pipe") == 1
    assert "--out pipe: it is not a regular file" in capsys.readouterr().err
    assert pipe.is_fifo()


def test_a_plan_goes_where_a_link_leads(demo: World) -> None:
    (demo.directory / "link").symlink_to("plan.json")
    assert demo.run("plan", "--out", "link") == 0
    assert (demo.directory / "link").is_symlink()
    assert (demo.directory / "plan.json").is_file()


def test_a_plan_of_standard_input_is_refused(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("-f", "-", "plan", "--out", "plan.json") == 1
    assert "a plan of a file from standard input" in capsys.readouterr().err


def test_a_pipe_among_the_files_is_neither_waited_for_nor_emptied(demo: World) -> None:
    os.mkfifo(demo.directory / "pipe")
    with (demo.directory / "compose.yaml").open("a") as file:
        file.write("secrets: {key: {file: ./pipe}}\n")
    with (demo.directory / "compose.override.yaml").open("w") as file:
        file.write("services: {web: {secrets: [key]}}\n")
    assert demo.run("plan", "--out", "plan.json") == 0
    assert demo.run("up", "-d", "--plan", "plan.json") == 0


def test_two_files_that_become_one_have_changed(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        (demo.directory / f"{name}.env").write_text(f"A={name}\n")
    flags = ("--env-file", "one.env", "--env-file", "two.env")
    assert demo.run(*flags, "plan", "--out", "plan.json") == 0
    (demo.directory / "two.env").unlink()
    (demo.directory / "two.env").symlink_to("one.env")
    assert demo.run("up", "-d", "--plan", "plan.json") == 1
    assert "two.env has changed since the plan was made" in capsys.readouterr().err
