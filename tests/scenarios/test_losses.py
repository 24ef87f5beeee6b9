"""Rows in a volume whose configuration changes: kept, unless the user says that they may go."""

from __future__ import annotations

import json

import pytest

from support.cli import Folder, docker

pytestmark = pytest.mark.docker

TEXT = """\
services:
  db:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    volumes: [data:/data, /cache]
  web:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    environment: {COLOUR: red}
volumes:
  data:
    labels: {colour: red}
"""
OTHER = TEXT.replace("red", "blue")


@pytest.fixture
def rows(folder: Folder) -> Folder:
    """A project with rows in its volume, and a file that wants the volume otherwise."""
    folder.write("compose.yaml", TEXT)
    folder.composer("up", "-d").ok()
    docker("exec", f"{folder.name}-db-1", "sh", "-c", "echo one > /data/rows; echo 1 > /cache/x")
    folder.write("compose.yaml", OTHER)
    return folder


def content(folder: Folder) -> str:
    return docker("exec", f"{folder.name}-db-1", "sh", "-c", "cat /data/rows || true").strip()


def colour(folder: Folder) -> str:
    form = '{{index .Labels "colour"}}'
    return docker("volume", "inspect", "-f", form, f"{folder.name}_data").strip()


def test_rows_survive_when_nobody_is_there_to_ask(rows: Folder) -> None:
    before = rows.ids()
    up = rows.composer("up", "-d").ok()

    assert (content(rows), colour(rows)) == ("one", "red")
    after = rows.ids()
    assert after[f"{rows.name}-db-1"] == before[f"{rows.name}-db-1"]
    assert after[f"{rows.name}-web-1"] != before[f"{rows.name}-web-1"]
    assert f"volume '{rows.name}_data' was created with another configuration" in up.err


@pytest.mark.parametrize("answer", ["", "y", "no"])
def test_rows_survive_any_other_answer_than_the_name(rows: Folder, answer: str) -> None:
    terminal = rows.on_terminal("up", "-d")
    terminal.await_text("anything else keeps it: ")
    terminal.type(f"{answer}\n")

    assert terminal.end() == 0
    assert (content(rows), colour(rows)) == ("one", "red")
    assert f"last used by {rows.name}-db-1" in terminal.text
    assert rows.containers()[f"{rows.name}-web-1"]["Config"]["Env"][0] == "COLOUR=blue"


def test_ctrl_c_at_the_question_touches_nothing(rows: Folder) -> None:
    before = rows.ids()
    terminal = rows.on_terminal("up", "-d")
    terminal.await_text("anything else keeps it: ")
    terminal.type("\x03")

    assert terminal.end() == 130
    assert rows.ids() == before
    assert "Traceback" not in terminal.text


def test_who_types_the_name_has_a_new_volume(rows: Folder) -> None:
    terminal = rows.on_terminal("up", "-d")
    terminal.await_text("anything else keeps it: ")
    terminal.type(f"{rows.name}_data\n")

    assert terminal.end() == 0
    assert (content(rows), colour(rows)) == ("", "blue")
    assert rows.running() == [f"{rows.name}-db-1", f"{rows.name}-web-1"]
    assert rows.composer("plan", "--exit-code").ok().code == 0


def test_yes_makes_the_volume_anew_and_keeps_the_anonymous_one(rows: Folder) -> None:
    rows.composer("up", "-d", "--yes").ok()

    assert (content(rows), colour(rows)) == ("", "blue")
    assert docker("exec", f"{rows.name}-db-1", "cat", "/cache/x").strip() == "1"
    assert rows.composer("plan", "--exit-code").ok().code == 0


def test_the_plan_names_what_would_be_lost(rows: Folder) -> None:
    before = rows.ids()
    volume = f"{rows.name}_data"

    careful = rows.composer("plan").ok().out
    bold = rows.composer("plan", "--yes").ok().out
    losses = json.loads(rows.composer("plan", "--yes", "--json").ok().out)["losses"]

    assert f"{volume} differs from the file; made anew, this would be lost: volume" in careful
    assert f"remove volume {volume}" not in careful
    assert f"remove volume {volume}" in bold
    assert f"data lost: volume {volume}, 4 B, last used by {rows.name}-db-1" in bold
    assert "labels.colour: 'red' → 'blue'   compose.yaml:14:22" in bold
    assert [(one["volume"], one["size"], one["users"]) for one in losses] == [
        (volume, 4, [f"{rows.name}-db-1"])
    ]
    assert (content(rows), rows.ids()) == ("one", before)


def test_fresh_anonymous_volumes_and_down_v_list_their_losses(rows: Folder) -> None:
    db = f"{rows.name}-db-1"
    fresh = rows.composer("up", "--dry-run", "-V").ok().out
    down = rows.composer("down", "-v", "--dry-run").ok().out

    assert f"data lost: anonymous volume at /cache of {db}, 2 B" in fresh
    assert f"data lost: volume {rows.name}_data, 4 B, last used by {db}" in down
    assert f"data lost: anonymous volume at /cache of {db}, 2 B" in down
    assert content(rows) == "one"


def test_a_container_that_is_to_stay_keeps_the_volume(rows: Folder) -> None:
    name = f"{rows.name}-guest"
    docker("run", "-d", "--name", name, "-v", f"{rows.name}_data:/x", "busybox", "sleep", "60")
    try:
        up = rows.composer("up", "-d", "--yes").ok()
        assert f"cannot be made anew: {name} uses it" in up.err
        assert (content(rows), colour(rows)) == ("one", "red")
    finally:
        docker("rm", "-f", name)
