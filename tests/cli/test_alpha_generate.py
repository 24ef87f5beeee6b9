from __future__ import annotations

import json

import pytest

from support.session import World


def test_a_project_comes_out_as_it_went_in(demo: World, capsys: pytest.CaptureFixture[str]) -> None:
    demo.run("up", "-d")
    capsys.readouterr()

    assert demo.run("alpha", "generate", "--format", "json") == 0

    made = json.loads(capsys.readouterr().out)
    assert made["name"] == "demo"
    assert sorted(made["services"]) == ["db", "web"]
    assert made["services"]["db"]["environment"] == {"PASSWORD": "a"}
    assert list(made["services"]["web"]["depends_on"]) == ["db"]
    assert made["services"]["web"]["ports"][0]["target"] == 80
    assert "container_name" not in made["services"]["web"]
    assert made["volumes"]["data"]["name"] == "demo_data"
    assert "external" not in made["networks"]["default"]


def test_under_another_name_what_the_first_project_made_is_external(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("up", "-d")
    capsys.readouterr()

    assert demo.run("alpha", "generate", "--name", "other", "demo-db") == 0

    said = capsys.readouterr().out
    assert said.startswith("name: other\nservices:\n  db:\n")
    assert "container_name: demo-db-1" in said
    assert "    name: demo_data\n    external: true" in said
    assert "    name: demo_default\n    external: true" in said


def test_containers_are_found_by_parts_of_their_names(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("up", "-d")
    capsys.readouterr()

    assert demo.run("alpha", "generate", "web") == 0
    assert "  db:\n" not in capsys.readouterr().out


def test_nothing_found_and_strange_formats_are_refused(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("alpha", "generate", "nosuch") == 1
    assert demo.run("alpha", "generate", "--format", "toml") == 1

    said = capsys.readouterr().err
    assert "no container(s) found with the following name(s): nosuch" in said
    assert "unsupported format 'toml'" in said
