"""How a network or a volume differs from the file, and where that is written."""

from __future__ import annotations

from pathlib import Path

from composer.model.observed import ObservedNetwork, ObservedVolume
from composer.model.options import UpOptions
from composer.model.plan import Change
from composer.model.project import Project
from composer.planner.desire import network_spec, volume_spec
from composer.planner.resource_diff import network_changes, volume_changes
from composer.planner.scope import interest
from composer.planner.up import plan_up
from composer.reconciler import bring_up, foresee
from support.engine import FakeEngine
from support.loading import project_of
from support.plans import assert_plan

BEFORE = """
services:
  web: {image: "web:1", command: sleep infinity, volumes: [data:/data]}
networks:
  default:
    ipam: {config: [{subnet: 10.9.0.0/24}]}
volumes:
  data: {labels: {a: "1"}}
"""


def made(text: str, tmp_path: Path) -> tuple[Project, FakeEngine]:
    """Return a project that runs, and its engine."""
    whole = project_of(tmp_path, text)
    engine = FakeEngine(images=["web:1"])
    bring_up(whole, engine, UpOptions(), lambda event: None)
    return whole, engine


def network(text: str, tmp_path: Path, engine: FakeEngine) -> list[str]:
    whole = project_of(tmp_path, text)
    wanted = network_spec(whole, "default", whole.networks["default"])
    return shown(network_changes(whole, wanted, engine.networks[wanted.name]))


def volume(text: str, tmp_path: Path, engine: FakeEngine) -> list[str]:
    whole = project_of(tmp_path, text)
    wanted = volume_spec(whole, "data", whole.volumes["data"])
    return shown(volume_changes(whole, wanted, engine.volumes[wanted.name]))


def shown(changes: tuple[Change, ...]) -> list[str]:
    return [f"{c.field}: {c.old} → {c.new} {c.mark}" for c in changes]


def test_what_is_as_the_file_says_does_not_differ(tmp_path: Path) -> None:
    _, engine = made(BEFORE, tmp_path)
    assert network(BEFORE, tmp_path, engine) == []
    assert volume(BEFORE, tmp_path, engine) == []


def test_a_subnet_differs_at_the_line_of_the_new_one(tmp_path: Path) -> None:
    _, engine = made(BEFORE, tmp_path)
    assert network(BEFORE.replace("10.9.", "10.8."), tmp_path, engine) == [
        "ipam.config.0.subnet: '10.9.0.0/24' → '10.8.0.0/24' compose.yaml:5:30"
    ]


def test_options_and_flags_differ_one_by_one(tmp_path: Path) -> None:
    _, engine = made(BEFORE, tmp_path)
    more = BEFORE.replace(
        "  default:\n",
        "  default:\n    internal: true\n    labels: {x: y}\n    driver_opts: {mtu: '1400'}\n",
    )
    assert network(more, tmp_path, engine) == [
        "driver_opts.mtu: None → '1400' compose.yaml:7:24",
        "internal: false → true compose.yaml:5:15",
        "labels.x: None → 'y' compose.yaml:6:17",
    ]


def test_a_subnet_of_the_engine_is_told_only_if_nothing_else_differs(tmp_path: Path) -> None:
    _, engine = made(BEFORE, tmp_path)
    none = BEFORE.replace("ipam: {config: [{subnet: 10.9.0.0/24}]}", "%s")
    assert network(none % "attachable: false", tmp_path, engine) == [
        "ipam.config.0: '10.9.0.0/24' → None compose.yaml:4:3"
    ]
    assert network(none % "attachable: true", tmp_path, engine) == [
        "attachable: false → true compose.yaml:5:17"
    ]


def test_a_volume_differs_in_driver_options_and_labels(tmp_path: Path) -> None:
    _, engine = made(BEFORE, tmp_path)
    other = BEFORE.replace('{labels: {a: "1"}}', "{driver: nfs, driver_opts: {o: rw}}")
    assert volume(other, tmp_path, engine) == [
        "driver: 'local' → 'nfs' compose.yaml:7:18",
        "driver_opts.o: None → 'rw' compose.yaml:7:40",
        "labels.a: '1' → None compose.yaml:7:3",
    ]


def test_labels_of_compose_are_not_the_users(tmp_path: Path) -> None:
    whole = project_of(tmp_path, BEFORE)
    wanted = volume_spec(whole, "data", whole.volumes["data"])
    labels = {**wanted.labels, "com.docker.compose.version": "5.0.0"}
    live = ObservedVolume(name=wanted.name, labels=labels)
    assert volume_changes(whole, wanted, live) == ()


def test_a_driver_that_nobody_named_is_the_usual_one(tmp_path: Path) -> None:
    whole = project_of(tmp_path, "services: {web: {image: a}}")
    wanted = network_spec(whole, "default", whole.networks["default"])
    live = ObservedNetwork(id="id", name=wanted.name, driver="macvlan")
    assert shown(network_changes(whole, wanted, live)) == ["driver: 'macvlan' → 'bridge' None"]


def test_a_replaced_network_says_in_the_plan_what_changed(tmp_path: Path) -> None:
    _, engine = made(BEFORE, tmp_path)
    whole = project_of(tmp_path, BEFORE.replace("10.9.", "10.8."))
    name = whole.name
    assert_plan(
        plan_up(whole, engine.observe(interest(whole)), UpOptions()),
        f"""
        1. disconnect {name}-web-1 from {name}_default (network configuration changed)
        2. remove network {name}_default (network configuration changed) after 1
        3. create network {name}_default (network configuration changed) after 2
             ipam.config.0.subnet: '10.9.0.0/24' → '10.8.0.0/24'
        4. connect {name}-web-1 to {name}_default (the network is new) after 3
        """,
    )
    assert foresee(whole, engine, UpOptions()).effects == {"web": "live update"}
