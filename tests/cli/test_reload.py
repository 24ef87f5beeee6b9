"""What a user sees of new content: in the plan, while it is delivered, and when asking why."""

from __future__ import annotations

import json

import pytest

from support.session import World

FILE = """
    services:
      web:
        image: nginx:alpine
        command: sleep infinity
        x-composer: {reload: SIGHUP}
        configs: [site]
    configs:
      site: {file: ./site.conf}
"""


@pytest.fixture
def told(demo: World, capsys: pytest.CaptureFixture[str]) -> World:
    """A project that runs, and whose config is another one by now."""
    demo.write(FILE)
    (demo.directory / "site.conf").write_text("hunter2")
    assert demo.run("up", "-d") == 0
    (demo.directory / "site.conf").write_text("hunter3")
    capsys.readouterr()
    return demo


def test_the_plan_says_what_is_reloaded_and_where_that_stands(
    told: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told.run("plan", "--exit-code") == 2
    said = capsys.readouterr().out
    assert "~ reload demo-web-1  the content of config 'site' changed" in said
    assert "compose.yaml:8:16   reload" in said
    assert "  web  reload: configs.site" in said
    assert said.endswith("1 to reload\n")
    assert "hunter" not in said


def test_the_plan_says_it_in_json_too(told: World, capsys: pytest.CaptureFixture[str]) -> None:
    told.run("plan", "--json")
    plan = json.loads(capsys.readouterr().out)
    assert plan["summary"]["reload"] == 1
    [step] = plan["steps"]
    assert (step["kind"], step["changes"][0]["field"]) == ("Deliver", "configs.site")


def test_up_delivers_it_once(told: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert told.run("up", "-d") == 0
    assert " Container demo-web-1  Reloaded" in capsys.readouterr().err
    assert told.engine.containers["demo-web-1"].files["/site"] == b"hunter3"
    assert told.run("plan", "--exit-code") == 0
    assert told.run("up", "-d") == 0
    assert told.engine.containers["demo-web-1"].told == ["SIGHUP"]


def test_why_tells_of_it(told: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert told.run("why", "web") == 0
    said = capsys.readouterr().out
    assert "reload" in said
    assert "the content of config 'site' changed" in said


def test_a_dry_run_delivers_nothing(told: World) -> None:
    assert told.run("--dry-run", "up", "-d") == 0
    assert told.engine.containers["demo-web-1"].files["/site"] == b"hunter2"


def test_a_saved_plan_is_not_carried_out_with_another_content(
    told: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told.run("plan", "--out", "saved.json") == 0
    assert "hunter" not in (told.directory / "saved.json").read_text()
    (told.directory / "site.conf").write_text("hunter4")
    assert told.run("up", "-d", "--plan", "saved.json") != 0
    assert "site.conf has changed since the plan was made" in capsys.readouterr().err
    assert told.engine.containers["demo-web-1"].files["/site"] == b"hunter2"

    (told.directory / "site.conf").write_text("hunter3")
    assert told.run("up", "-d", "--plan", "saved.json") == 0
    assert told.engine.containers["demo-web-1"].files["/site"] == b"hunter3"
