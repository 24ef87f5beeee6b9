"""A plan in a file is carried out as it is, or not at all."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Callable

import pytest

from support.cli import Folder, docker, run

pytestmark = pytest.mark.docker

TEXT = """\
services:
  db:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    volumes: [data:/data]
    secrets: [password]
  web:
    image: ${IMAGE:-busybox}
    command: sleep infinity
    stop_grace_period: 0s
    environment: {PASSWORD: swordfish}
volumes:
  data:
secrets:
  password: {file: ./password.txt}
"""


@pytest.fixture
def planned(folder: Folder) -> Folder:
    """A project that runs, and plan.json, which would give web another environment."""
    folder.write("password.txt", "correct horse")
    folder.write("compose.yaml", TEXT)
    folder.composer("up", "-d").ok()
    docker("exec", f"{folder.name}-db-1", "sh", "-c", "echo one > /data/rows")
    folder.write("compose.yaml", TEXT.replace("swordfish", "tuna"))
    folder.composer("plan", "--out", "plan.json").ok()
    return folder


def test_a_plan_is_carried_out_when_nothing_has_moved(planned: Folder) -> None:
    db, web = f"{planned.name}-db-1", f"{planned.name}-web-1"
    before = planned.ids()
    planned.composer("up", "-d", "--plan", "plan.json").ok()

    after = planned.containers()
    assert after[db]["Id"] == before[db]
    assert "PASSWORD=tuna" in after[web]["Config"]["Env"]
    assert planned.composer("plan", "--exit-code").ok().code == 0
    again = planned.composer("up", "-d", "--plan", "plan.json")
    assert again.code == 1
    assert f"container {web} was replaced since the plan was made" in again.err


def test_the_file_is_for_its_owner_and_holds_no_secret(planned: Folder) -> None:
    file = planned.path / "plan.json"
    text = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(word in text for word in ("tuna", "swordfish", "correct horse"))
    assert hashlib.sha256(b"correct horse").hexdigest()[:12] not in text
    assert [name for name in planned.path.iterdir() if "plan.json" in name.name] == [file]


def remove_a_container(folder: Folder) -> str:
    docker("rm", "-f", f"{folder.name}-db-1")
    return f"container {folder.name}-db-1 was removed since the plan was made"


def stop_a_container(folder: Folder) -> str:
    docker("stop", "-t", "0", f"{folder.name}-db-1")
    return f"container {folder.name}-db-1 is exited, and was running when the plan was made"


def rename_a_container(folder: Folder) -> str:
    docker("rename", f"{folder.name}-db-1", f"{folder.name}-other")
    return f"container {folder.name}-db-1 is called {folder.name}-other since the plan was made"


def limit_a_container(folder: Folder) -> str:
    docker("update", "--pids-limit", "77", f"{folder.name}-db-1")
    return f"it would update container {folder.name}-db-1 as well"


def edit_the_file(folder: Folder) -> str:
    folder.write("compose.yaml", TEXT.replace("swordfish", "salmon"))
    return "compose.yaml has changed since the plan was made"


def edit_a_secret(folder: Folder) -> str:
    folder.write("password.txt", "battery staple")
    return f"{folder.path}/password.txt has changed since the plan was made"


def add_an_override(folder: Folder) -> str:
    folder.write("compose.override.yaml", "services: {web: {environment: {MORE: '1'}}}")
    return "compose.override.yaml is read as well, which is new since the plan was made"


def add_variables(folder: Folder) -> str:
    folder.write(".env", "A=b\n")
    return f"{folder.path}/.env was created since the plan was made"


def set_a_variable(folder: Folder) -> str:
    folder.environment["IMAGE"] = "alpine"
    return f"it would create container {folder.name}-web-1 with other settings"


def recreate_a_network(folder: Folder) -> str:
    network = f"{folder.name}_default"
    names = folder.running()
    for name in names:
        docker("network", "disconnect", network, name)
    docker("network", "rm", network)
    label = f"--label=com.docker.compose.project={folder.name}"
    docker("network", "create", label, "--label=com.docker.compose.network=default", network)
    return f"network {network} was made anew since the plan was made"


@pytest.mark.parametrize(
    "move",
    [
        remove_a_container,
        stop_a_container,
        rename_a_container,
        limit_a_container,
        edit_the_file,
        edit_a_secret,
        add_an_override,
        add_variables,
        set_a_variable,
        recreate_a_network,
    ],
)
def test_what_has_moved_is_named_and_nothing_is_done(
    planned: Folder, move: Callable[[Folder], str]
) -> None:
    said = move(planned)
    before = planned.ids()
    up = planned.composer("up", "-d", "--plan", "plan.json")

    assert (up.code, planned.ids()) == (1, before)
    assert said in up.err
    assert "make a new plan with 'composer plan --out plan.json'" in up.err
    assert "Traceback" not in up.err


def test_an_image_with_another_content_is_named(folder: Folder) -> None:
    tag = f"{folder.name}:1"
    docker("tag", "busybox:latest", tag)
    folder.write("compose.yaml", f"services: {{web: {{image: '{tag}', command: sleep 60}}}}")
    folder.composer("plan", "--out", "plan.json").ok()
    docker("tag", "alpine:latest", tag)
    try:
        up = folder.composer("up", "-d", "--plan", "plan.json")
        assert (up.code, folder.ids()) == (1, {})
        assert f"image {tag} is another one since the plan was made" in up.err
    finally:
        docker("rmi", tag)


def test_what_was_asked_for_is_asked_for_again_from_anywhere(folder: Folder) -> None:
    folder.write("other.yaml", TEXT.replace("  web:\n", "  web:\n    profiles: [more]\n"))
    folder.write("password.txt", "x")
    flags = ("-f", "other.yaml", "--profile", "more")
    asked = (*flags, "plan", "--out", "plan.json", "--scale", "web=2", "--no-deps", "web")
    folder.composer(*asked).ok()
    elsewhere = Folder(folder.path / "sub")
    assert elsewhere.composer("up", "-d", "--plan", "../plan.json").ok()

    assert folder.running() == [f"{folder.name}-web-1", f"{folder.name}-web-2"]
    assert elsewhere.ids() == {}


def test_a_plan_that_pulls_goes_on_with_what_was_planned(folder: Folder) -> None:
    folder.write("password.txt", "x")
    folder.write("compose.yaml", TEXT.replace("${IMAGE:-busybox}", "redis:alpine"))
    folder.composer("plan", "--pull", "always", "--out", "plan.json").ok()
    folder.composer("up", "--wait", "--plan", "plan.json").ok()

    assert folder.running() == [f"{folder.name}-db-1", f"{folder.name}-web-1"]


def test_a_plan_that_loses_data_needs_that_to_be_said_again(planned: Folder) -> None:
    other = TEXT.replace("  data:\n", "  data: {labels: {a: b}}\n")
    planned.write("compose.yaml", other)
    planned.composer("plan", "--yes", "--out", "plan.json").ok()

    def rows() -> str:
        command = ("docker", "exec", f"{planned.name}-db-1", "cat", "/data/rows")
        return run(*command).out.strip()

    refused = planned.composer("up", "-d", "--plan", "plan.json")
    assert (refused.code, rows()) == (1, "one")
    assert f"the plan destroys data: volume {planned.name}_data" in refused.err

    terminal = planned.on_terminal("up", "-d", "--plan", "plan.json")
    terminal.await_text("anything else does nothing: ")
    terminal.type("y\n")
    assert (terminal.end(), rows()) == (130, "one")

    planned.composer("up", "-d", "--yes", "--plan", "plan.json").ok()
    assert rows() == ""


def test_yes_adds_nothing_to_a_plan_that_keeps_the_volume(planned: Folder) -> None:
    planned.write("compose.yaml", TEXT.replace("  data:\n", "  data: {labels: {a: b}}\n"))
    planned.composer("plan", "--out", "plan.json").ok()
    planned.composer("up", "-d", "--yes", "--plan", "plan.json").ok()

    assert docker("exec", f"{planned.name}-db-1", "cat", "/data/rows").strip() == "one"


def test_a_dry_run_says_whether_the_plan_still_holds(planned: Folder) -> None:
    before = planned.ids()
    dry = planned.composer("up", "--dry-run", "--plan", "plan.json").ok()
    assert f"create container {planned.name}-web-1" in dry.out
    edit_the_file(planned)
    assert planned.composer("up", "--dry-run", "--plan", "plan.json").code == 1
    assert planned.ids() == before


def test_the_file_tells_programs_what_it_holds(planned: Folder) -> None:
    tree = json.loads((planned.path / "plan.json").read_text())
    assert (tree["format"], tree["version"], tree["project"]) == ("composer plan", 2, planned.name)
    assert f"create container {planned.name}-web-1" in tree["steps"]
    assert tree["losses"] == []
