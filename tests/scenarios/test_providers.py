"""Services that a program provides, on a real engine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.cli import Folder, run
from support.programs import program

pytestmark = pytest.mark.docker

SLEEP = "image: busybox\n    command: sleep infinity\n    stop_grace_period: 0s"
FILE = f"""
services:
  my-db:
    provider:
      type: cloud
      options:
        size: 256
        zone: [a, b]
  web:
    {SLEEP}
    depends_on: [my-db]
    environment: {{OWN: '1'}}
  other:
    {SLEEP}
"""
CLOUD = """
import os, pathlib
pathlib.Path(os.environ["CALLS"]).open("a").write(" ".join(sys.argv[1:]) + "\\n")
if sys.argv[2] == "metadata":
    if "STOPS" not in os.environ:
        sys.exit(1)
    print('{"stop": {}}')
elif sys.argv[3] == "up":
    say("info", "looking for room")
    say("setenv", "URL=" + os.environ["URL"])
"""


def cloud(folder: Folder, text: str = CLOUD, **environment: str) -> None:
    """Install the provider `cloud` for this folder, and write a file that uses it."""
    program(folder.path / "bin" / "cloud", text)
    folder.environment |= {
        "PATH": f"{folder.path / 'bin'}:{os.environ['PATH']}",
        "CALLS": str(folder.path / "calls"),
        "URL": "there",
        **environment,
    }
    folder.write("compose.yaml", FILE)


def calls(folder: Folder) -> list[str]:
    """Return how the provider was called since the last look, its own description aside."""
    file = folder.path / "calls"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return [line.replace(folder.name, "P") for line in lines if "metadata" not in line]


def variables(folder: Folder, service: str) -> set[str]:
    listed = folder.containers()[f"{folder.name}-{service}-1"]["Config"]["Env"]
    return {one for one in listed if not one.startswith("PATH=")}


UP = "compose --project-name=P up --size=256 --zone=a --zone=b my-db"


def test_who_depends_on_a_provided_service_gets_its_variables_and_is_then_left_alone(
    folder: Folder,
) -> None:
    cloud(folder)
    ran = folder.composer("up", "-d").ok()
    assert calls(folder) == [UP]
    assert sorted(folder.containers()) == [f"{folder.name}-other-1", f"{folder.name}-web-1"]
    assert variables(folder, "web") == {"OWN=1", "MY-DB_URL=there"}
    assert variables(folder, "other") == set()
    assert "my-db | looking for room" in ran.err

    before = folder.ids()
    folder.composer("up", "-d").ok()
    assert calls(folder) == [UP]
    assert folder.ids() == before


def test_other_variables_replace_who_uses_them_and_nobody_else(folder: Folder) -> None:
    cloud(folder)
    folder.composer("up", "-d").ok()
    before = folder.ids()
    folder.environment["URL"] = "elsewhere"
    folder.composer("up", "-d").ok()
    assert variables(folder, "web") == {"OWN=1", "MY-DB_URL=elsewhere"}
    changed = {name for name, id in folder.ids().items() if before[name] != id}
    assert changed == {f"{folder.name}-web-1"}


def test_a_provider_sees_the_variables_of_env_files(folder: Folder) -> None:
    cloud(folder)
    del folder.environment["URL"]
    folder.write(".env", "URL=from-a-file\nPATH=/nowhere\n")
    folder.composer("up", "-d").ok()
    assert "MY-DB_URL=from-a-file" in variables(folder, "web")


def test_docker_compose_and_composer_take_over_from_each_other(folder: Folder) -> None:
    cloud(folder)
    compose = ("docker", "compose", "up", "-d")
    assert run(*compose, cwd=folder.path, env=folder.environment).code == 0
    before = folder.ids()
    folder.composer("up", "-d").ok()
    assert folder.ids() == before
    folder.composer("up", "-d", "--force-recreate").ok()
    before = folder.ids()
    assert run(*compose, cwd=folder.path, env=folder.environment).code == 0
    assert folder.ids() == before


def test_plan_and_dry_run_show_the_provider_and_do_not_run_it(folder: Folder) -> None:
    cloud(folder)
    folder.composer("up", "-d").ok()
    calls(folder)
    for command in (("plan",), ("--dry-run", "up", "-d")):
        out = folder.composer(*command).ok().out
        assert "run cloud up for my-db" in out
        assert "web-1 is replaced if my-db tells other variables than it has" in out
    for command in (("--dry-run", "down"), ("--dry-run", "stop")):
        folder.composer(*command).ok()
    assert calls(folder) == []


def test_a_saved_plan_is_carried_out_unless_the_provider_tells_otherwise_than_before(
    folder: Folder,
) -> None:
    cloud(folder)
    folder.composer("plan", "--out", "first").ok()
    folder.composer("up", "-d", "--plan", "first").ok()
    assert "MY-DB_URL=there" in variables(folder, "web")

    before = folder.ids()
    folder.composer("plan", "--out", "second").ok()
    folder.environment["URL"] = "elsewhere"
    ran = folder.composer("up", "-d", "--plan", "second")
    assert folder.ids() == before
    assert ran.code == 1
    assert "as well" in ran.err


def test_down_releases_what_is_provided_and_stop_only_where_the_provider_can(
    folder: Folder,
) -> None:
    cloud(folder)
    folder.composer("up", "-d").ok()
    calls(folder)
    folder.composer("stop").ok()
    assert calls(folder) == []
    folder.environment["STOPS"] = "1"
    folder.composer("stop").ok()
    assert calls(folder) == [UP.replace(" up ", " stop ")]
    del folder.environment["STOPS"]
    folder.composer("down").ok()
    assert calls(folder) == [UP.replace(" up ", " down ")]
    assert folder.containers() == {}


def test_a_failing_provider_is_told_at_its_line_and_nothing_is_touched(folder: Folder) -> None:
    cloud(folder)
    folder.composer("up", "-d").ok()
    before = folder.ids()
    cloud(folder, 'print("no quota", file=sys.stderr); sys.exit(3)')
    ran = folder.composer("up", "-d", "--force-recreate")
    assert folder.ids() == before
    assert ran.code == 1
    message = "provider 'cloud' of service 'my-db' failed to create it: exit code 3"
    assert f"error: {message}\n  --> compose.yaml:5:13" in ran.err
    assert "     no quota\n" in ran.err


def test_a_provider_that_speaks_no_json_is_told_at_its_line(folder: Folder) -> None:
    cloud(folder, 'sys.argv[2] == "metadata" or print("hello")')
    ran = folder.composer("up", "-d", "web")
    assert folder.containers() == {}
    assert ran.code == 1
    assert "said what is no message of a provider: 'hello'\n  --> compose.yaml:5:13" in ran.err


def test_a_missing_program_is_told_at_its_line_before_anything_is_made(folder: Folder) -> None:
    folder.write("compose.yaml", FILE)
    for command in ("up", "plan"):
        ran = folder.composer(command)
        assert ran.code == 1
        assert "provided by 'cloud', which is not installed\n  --> compose.yaml:5:13" in ran.err
    assert folder.containers() == {}
    assert folder.networks() == []
    folder.composer("up", "-d", "other").ok()


def test_a_provider_that_fails_at_down_keeps_nothing_else_from_going(folder: Folder) -> None:
    cloud(folder)
    folder.composer("up", "-d").ok()
    Path(folder.path / "bin" / "cloud").unlink()
    ran = folder.composer("down")
    assert folder.containers() == {}
    assert folder.networks() == []
    assert ran.code == 1
    assert "provider 'cloud' of service 'my-db' is not installed" in ran.err
    assert "compose.yaml:5:13" in ran.err
