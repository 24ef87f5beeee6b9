from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from composer.model.observed import ContainerState, ObservedContainer
from composer.model.resources import ContainerConfig, RestartPolicy
from composer.model.service import Port
from composer.model.settled import settled
from composer.planner.diff import container_changes
from composer.source import SourceFile, SourceMark
from support.plans import project, service

CONFIG = ContainerConfig(image="web:1", environment={"A": "1"})
LIVE = ObservedContainer(
    id="0" * 64,
    name="demo-web-1",
    image="web:1",
    image_id="",
    state=ContainerState(status="running"),
    config=settled(CONFIG),
)
DEMO = project(service("web"))


def changes(**new: Any) -> list[tuple[str, str | None, str | None]]:
    found = container_changes(LIVE, replace(CONFIG, **new), DEMO, "web")
    return [(change.field, change.old, change.new) for change in found]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({}, []),
        ({"user": ""}, []),
        ({"user": "app"}, [("user", None, "'app'")]),
        ({"environment": {"A": "2"}}, [("environment.A", "'1'", "'2'")]),
        ({"environment": {}}, [("environment.A", "'1'", None)]),
        ({"environment": {"A": "1", "B": None}}, [("environment.B", None, "(empty)")]),
        ({"cap_add": ("NET_ADMIN",)}, [("cap_add", None, "['CAP_NET_ADMIN']")]),
        ({"init": True}, [("init", None, "true")]),
        (
            {"restart": RestartPolicy(name="always")},
            [("restart", "no", "always")],
        ),
        (
            {"ports": (Port(target=80, published="8080"),)},
            [("ports", None, "[target=80 published='8080' protocol='tcp']")],
        ),
    ],
)
def test_a_change_names_the_field_and_both_values(
    new: dict[str, Any], expected: list[tuple[str, str | None, str | None]]
) -> None:
    assert changes(**new) == expected


def test_a_change_points_at_the_new_value_in_the_file() -> None:
    file = SourceFile("compose.yaml", "")
    whole = replace(
        DEMO,
        marks={
            ("services", "web"): SourceMark(file, 2, 3),
            ("services", "web", "environment", "A"): SourceMark(file, 5, 10),
        },
    )
    [change] = container_changes(LIVE, replace(CONFIG, environment={"A": "2"}), whole, "web")
    assert str(change.mark) == "compose.yaml:5:10"
    [change] = container_changes(LIVE, replace(CONFIG, user="app"), whole, "web")
    assert str(change.mark) == "compose.yaml:2:3"


def test_a_limit_written_under_deploy_is_pointed_at_there() -> None:
    file = SourceFile("compose.yaml", "")
    path = ("services", "web", "deploy", "resources", "limits", "cpus")
    whole = replace(DEMO, marks={path: SourceMark(file, 9, 1)})
    [change] = container_changes(LIVE, replace(CONFIG, cpus=0.5), whole, "web")
    assert str(change.mark) == "compose.yaml:9:1"
