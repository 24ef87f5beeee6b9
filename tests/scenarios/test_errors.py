"""What a user sees when a file is wrong: place, line, way out; nothing is touched."""

from __future__ import annotations

import pytest

from support.cli import Folder

pytestmark = pytest.mark.docker

GOOD = """\
services:
  web:
    image: busybox
    command: sleep infinity
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            GOOD + "    enviroment:\n      A: b\n",
            ["compose.yaml:5:5", "    enviroment:", "^^^^^^^^^^", "did you mean 'environment'?"],
            id="typo",
        ),
        pytest.param(
            GOOD + "\tuser: app\n", ["compose.yaml:5:1", "user: app", "tab", "spaces"], id="tab"
        ),
        pytest.param(
            GOOD + "    networks: [bakc]\nnetworks:\n  back:\n",
            ["compose.yaml:5:16", "'bakc'", "^^^^", "did you mean 'back'?"],
            id="undefined network",
        ),
        pytest.param(
            GOOD + "    depends_on: [db]\n  db:\n    image: busybox\n    depends_on: [web]\n",
            ["compose.yaml:5:", "depends_on: [db]", "db -> web", "compose.yaml:8:"],
            id="cycle",
        ),
        pytest.param(
            GOOD + "    user: ${WHO:?say who}\n",
            ["compose.yaml:5:11", "${WHO:?say who}", "WHO", "say who"],
            id="missing variable",
        ),
    ],
)
def test_an_error_shows_its_place_and_line(folder: Folder, text: str, expected: list[str]) -> None:
    folder.write("compose.yaml", text)
    for command in (["up", "-d"], ["config"], ["plan"]):
        ran = folder.composer(*command)
        assert ran.code == 1
        assert "Traceback" not in ran.err
        for part in expected:
            assert part in ran.err
    assert folder.containers() == {}
    assert folder.networks() == []


def test_two_errors_of_one_file_are_both_reported(folder: Folder) -> None:
    folder.write("compose.yaml", GOOD + "    enviroment: {}\n    prots: []\n")
    ran = folder.composer("config", "-q")
    assert ran.code == 1
    assert "compose.yaml:5:5" in ran.err
    assert "compose.yaml:6:5" in ran.err


def test_without_an_engine_the_address_and_the_way_out_are_told(folder: Folder) -> None:
    folder.write("compose.yaml", GOOD)
    folder.environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
    for command in (["up", "-d"], ["ps"], ["down"]):
        ran = folder.composer(*command)
        assert ran.code == 1
        assert "/nowhere/docker.sock" in ran.err
        assert "Traceback" not in ran.err
    assert folder.composer("config", "-q").ok().code == 0


def test_an_attribute_that_is_not_carried_out_is_an_error_with_a_place(folder: Folder) -> None:
    swarm = "    configs: [c]\nconfigs:\n  c:\n    external: true\n"
    folder.write("compose.yaml", GOOD + swarm)
    ran = folder.composer("up", "-d")
    assert ran.code == 1
    assert "compose.yaml:7:3" in ran.err
    assert folder.containers() == {}
