from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from composer.model.build import Develop
from composer.model.deploy import (
    Deploy,
    DeployRestart,
    Placement,
    ReservedDevice,
    Resource,
    Resources,
    UpdateConfig,
)
from composer.model.names import Label
from composer.model.observed import Observed, ObservedContainer
from composer.model.operations import CreateContainer, UpdateContainer
from composer.model.options import Recreate, UpOptions
from composer.model.plan import Plan, Step
from composer.model.project import Network, Project
from composer.model.service import BlkioConfig, Dependency, Hook, NetworkReference, Port, Service
from composer.model.units import Bytes
from composer.planner.up import plan_up
from composer.planner.verdict import unexplained
from support.plans import assert_plan, live, plan_text, project, service, world

UP = UpOptions()
MB = 1024 * 1024
NETWORKS = ("default", "front", "back")


def db(**attributes: Any) -> Service:
    return service("db", **attributes)


def planned(old: Service, new: Service, options: UpOptions = UP, **state: Any) -> Plan:
    """Return the plan that makes of a container of `old` one of `new`."""
    whole, before = project(new, networks=NETWORKS), project(old, networks=NETWORKS)
    container = live(before, "db", **state)
    return plan_up(whole, world(whole, container), options)


def creation(plan: Plan) -> Step:
    """Return the step that makes the new container, which tells why."""
    return next(step for step in plan.steps if isinstance(step.operation, CreateContainer))


def replaced(plan: Plan) -> bool:
    return plan.effects["db"] == "replacement"


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (
            {"mem_limit": Bytes(256 * MB)},
            {"mem_limit": Bytes(512 * MB)},
            "mem_limit: 256m → 512m",
        ),
        ({}, {"mem_limit": Bytes(1500)}, "mem_limit: None → 1500"),
        ({}, {"mem_reservation": Bytes(64 * MB)}, "mem_reservation: None → 64m"),
        (
            {"mem_limit": Bytes(MB), "memswap_limit": Bytes(-1)},
            {"mem_limit": Bytes(MB)},
            "memswap_limit: unlimited → None",
        ),
        ({"cpus": 0.5}, {"cpus": 1.5}, "cpus: 0.5 → 1.5"),
        ({"cpu_quota": 50_000}, {"cpu_quota": 60_000}, "cpu_quota: 50000 → 60000"),
        ({"cpu_period": 50_000}, {"cpu_period": 60_000}, "cpu_period: 50000 → 60000"),
        ({}, {"cpu_shares": 512}, "cpu_shares: None → 512"),
        ({"cpuset": "0"}, {"cpuset": "0-1"}, "cpuset: '0' → '0-1'"),
        ({"pids_limit": 50}, {}, "pids_limit: 50 → None"),
        ({"pids_limit": 50}, {"pids_limit": -1}, "pids_limit: 50 → None"),
        ({}, {"restart": "on-failure:3"}, "restart: no → on-failure:3"),
        ({"restart": "always"}, {}, "restart: always → no"),
        (
            {},
            {"deploy": Deploy(resources=Resources(limits=Resource(memory=Bytes(MB))))},
            "mem_limit: None → 1m",
        ),
        (
            {},
            {"deploy": Deploy(restart_policy=DeployRestart(condition="any"))},
            "restart: no → always",
        ),
    ],
)
def test_a_changed_limit_is_updated_in_place(
    old: dict[str, Any], new: dict[str, Any], change: str
) -> None:
    plan = planned(db(**old), db(**new))
    assert_plan(
        plan,
        f"""
        1. update container demo-db-1 (what changed needs no new container)
             {change}
        """,
    )
    assert plan.effects == {"db": "live update"}


@pytest.mark.parametrize(
    ("old", "field"),
    [
        ({"mem_limit": Bytes(MB)}, "mem_limit"),
        ({"mem_reservation": Bytes(MB)}, "mem_reservation"),
        ({"cpus": 0.5}, "cpus"),
        ({"cpu_quota": 50_000}, "cpu_quota"),
        ({"cpu_period": 50_000}, "cpu_period"),
        ({"cpu_shares": 512}, "cpu_shares"),
        ({"cpuset": "0"}, "cpuset"),
    ],
)
def test_a_limit_that_the_engine_cannot_forget_takes_a_new_container(
    old: dict[str, Any], field: str
) -> None:
    plan = planned(db(**old), db())
    assert replaced(plan)
    assert creation(plan).reason == f"{field} cannot be taken back while it runs"
    assert [change.field for change in creation(plan).changes] == [field]


def test_processors_instead_of_a_quota_take_a_new_container() -> None:
    assert replaced(planned(db(cpu_quota=50_000), db(cpus=0.5)))


@pytest.mark.parametrize(
    "new",
    [
        {"attach": False},
        {"develop": Develop()},
        {"post_start": (Hook(command=("true",)),)},
        {"pre_stop": (Hook(command=("true",)),)},
        {"deploy": Deploy(labels={"a": "b"}, mode="replicated", endpoint_mode="vip")},
        {"deploy": Deploy(placement=Placement(constraints=("node.role == manager",)))},
        {"deploy": Deploy(update_config=UpdateConfig(parallelism=2))},
        {"deploy": Deploy(resources=Resources(reservations=Resource(cpus=0.5)))},
    ],
)
def test_what_never_reaches_a_container_is_not_felt(new: dict[str, Any]) -> None:
    plan = planned(db(), db(**new))
    assert (plan.steps, plan.effects) == ((), {"db": "nothing"})


@pytest.mark.parametrize(
    "new",
    [
        {"user": "app"},
        {"environment": {"A": "1"}},
        {"labels": {"a": "b"}},
        {"blkio_config": BlkioConfig(weight=100)},
        {"cpu_rt_runtime": 1000},
        {"mem_swappiness": Bytes(10)},
        {"networks": {}, "network_mode": "host"},
        {"networks": {"default": NetworkReference(driver_opts={"a": "b"})}},
        {"networks": {"default": NetworkReference(mac_address="02:00:00:00:00:01")}},
        {"networks": {"default": NetworkReference(priority=1)}},
        {
            "deploy": Deploy(
                resources=Resources(
                    reservations=Resource(devices=(ReservedDevice(capabilities=("gpu",)),))
                )
            )
        },
    ],
)
def test_everything_else_takes_a_new_container(new: dict[str, Any]) -> None:
    assert replaced(planned(db(), db(**new)))


def test_a_limit_beside_another_change_is_shown_with_the_replacement() -> None:
    plan = planned(db(cpus=0.5), db(cpus=1, user="app", restart="always"))
    assert replaced(plan)
    assert not any(isinstance(step.operation, UpdateContainer) for step in plan.steps)
    shown = [f"{c.field}: {c.old} → {c.new}" for c in creation(plan).changes]
    assert shown == ["cpus: 0.5 → 1", "restart: no → always", "user: None → 'app'"]


def test_a_limit_beside_another_image_is_shown_too() -> None:
    whole = project(db(cpus=1))
    old = live(whole, "db", as_it_was=db(cpus=0.5), labels={Label.IMAGE: "sha256:old"})
    first = creation(plan_up(whole, world(whole, old), UP))
    assert [change.field for change in first.changes] == ["image", "cpus"]


def test_a_container_that_was_updated_is_as_it_should_be() -> None:
    """Its config hash is still the old one."""
    whole = project(db(cpus=1))
    made = live(project(db(cpus=0.5)), "db")
    updated = replace(made, config=live(whole, "db").config)
    assert plan_up(whole, world(whole, updated), UP) == Plan()


def test_a_limit_that_was_changed_and_is_set_back_is_updated_back() -> None:
    """Its config hash says that nothing is to be done."""
    whole = project(db(cpus=0.5))
    updated = replace(live(whole, "db"), config=live(project(db(cpus=1)), "db").config)
    assert_plan(
        plan_up(whole, world(whole, updated), UP),
        """
        1. update container demo-db-1 (what changed needs no new container)
             cpus: 1 → 0.5
        """,
    )


def test_a_container_of_composer_is_inspected_for_that() -> None:
    whole = project(db())
    ours = replace(live(whole, "db"), config=None)
    theirs = replace(ours, labels={k: v for k, v in ours.labels.items() if k != Label.SETTLED})
    assert unexplained(whole, world(whole, ours)) == (ours.id,)
    assert unexplained(whole, world(whole, theirs)) == ()


def test_a_container_of_docker_compose_is_replaced_as_docker_compose_does() -> None:
    whole = project(db(cpus=1))
    made = live(whole, "db", as_it_was=db(cpus=0.5))
    foreign = replace(made, labels={k: v for k, v in made.labels.items() if k != Label.SETTLED})
    plan = plan_up(whole, world(whole, foreign), UP)
    assert replaced(plan)
    assert "cpus: 0.5 → 1" in plan_text(plan)


def test_a_limit_of_which_the_engine_keeps_no_account_is_left_alone() -> None:
    whole = project(db(mem_limit=Bytes(MB), memswap_limit=Bytes(3 * MB)))
    made = live(whole, "db", as_it_was=db(mem_limit=Bytes(MB), memswap_limit=Bytes(-1)))
    observed = world(whole, replace(made, unkept=frozenset({"memswap_limit"})))
    assert plan_up(whole, observed, UP) == Plan()


def test_a_stopped_container_is_updated_before_it_starts() -> None:
    assert_plan(
        planned(db(cpus=0.5), db(cpus=1), status="exited"),
        """
        1. update container demo-db-1 (what changed needs no new container)
             cpus: 0.5 → 1
        2. start demo-db-1 (it exited with code 0) after 1
        """,
    )


def test_no_recreate_leaves_limits_as_they_are() -> None:
    options = UpOptions(recreate=Recreate.NEVER)
    assert planned(db(cpus=0.5), db(cpus=1), options) == Plan()


def test_force_recreate_replaces_where_a_live_update_would_do() -> None:
    options = UpOptions(recreate=Recreate.FORCE)
    assert replaced(planned(db(cpus=0.5), db(cpus=1), options))


def test_another_network_is_joined() -> None:
    plan = planned(db(), db(networks={"default": None, "front": None}))
    assert_plan(
        plan,
        """
        1. connect demo-db-1 to demo_front (it is not in this network)
             networks.demo_front: None → (defaults)
        """,
    )
    assert plan.effects == {"db": "live update"}


def test_a_network_that_is_not_in_the_file_any_more_is_left_before_another_is_joined() -> None:
    assert_plan(
        planned(
            db(networks={"default": None, "back": None}),
            db(networks={"default": None, "front": None}),
        ),
        """
        1. disconnect demo-db-1 from demo_back (not in the file any more)
             networks.demo_back: (defaults) → None
        2. connect demo-db-1 to demo_front (it is not in this network) after 1
             networks.demo_front: None → (defaults)
        """,
    )


def test_other_names_and_addresses_in_a_network_are_had_by_joining_it_again() -> None:
    new = NetworkReference(aliases=("postgres",), ipv4_address="10.0.0.5")
    assert_plan(
        planned(db(), db(networks={"default": new})),
        """
        1. disconnect demo-db-1 from demo_default (its names or addresses there changed)
             networks.demo_default: (defaults) → aliases=['postgres'] ipv4_address='10.0.0.5'
        2. connect demo-db-1 to demo_default (as the file says now) after 1
        """,
    )


def test_a_network_that_somebody_else_connected_is_left_alone() -> None:
    whole = project(db())
    made = live(whole, "db")
    stranger = {**made.networks, "proxy": "id"}
    assert made.config is not None
    seen = replace(made.config, networks={**made.config.networks, "proxy": NetworkReference()})
    assert plan_up(whole, world(whole, replace(made, networks=stranger, config=seen)), UP) == Plan()


def test_published_ports_go_with_their_network_and_take_a_new_container() -> None:
    ports = (Port(target=80, published="8080"),)
    both = {"default": None, "back": None}
    fewer = planned(db(ports=ports, networks=both), db(ports=ports))
    more = planned(db(ports=ports), db(ports=ports, networks=both))
    assert creation(fewer).reason == "a network changes, and its ports are published in one of them"
    assert [step.id for step in more.steps] == ["connect demo-db-1 to demo_back"]


def test_an_address_of_the_container_itself_ties_it_to_its_networks() -> None:
    mac = "02:00:00:00:00:01"
    both = {"default": None, "front": None}
    assert replaced(planned(db(mac_address=mac), db(mac_address=mac, networks=both)))


def test_a_new_network_is_made_before_it_is_joined() -> None:
    whole = project(db(networks={"default": None, "front": None}), networks=NETWORKS)
    observed = without(world(whole, live(project(db()), "db")), "demo_front")
    assert_plan(
        plan_up(whole, observed, UP),
        """
        1. create network demo_front (missing)
        2. connect demo-db-1 to demo_front (the network is new) after 1
        """,
    )


def test_who_depends_on_an_updated_service_is_started_after_the_update() -> None:
    web = service("web", depends_on={"db": Dependency()})
    whole = project(db(cpus=1), web)
    plan = plan_up(whole, world(whole, live(project(db(cpus=0.5), web), "db")), UP)
    ids = [step.id for step in plan.steps]
    assert ids.index("update container demo-db-1") < ids.index("start demo-web-1")
    assert plan.effects == {"db": "live update", "web": "new container"}


def test_who_is_restarted_with_a_replaced_service_feels_that() -> None:
    web = service("web", depends_on={"db": Dependency(restart=True)})
    whole = project(db(user="app"), web)
    plan = plan_up(whole, world(whole, live(project(db(), web), "db"), live(whole, "web")), UP)
    assert plan.effects == {"db": "replacement", "web": "restart"}


def test_a_container_that_is_to_go_is_removed_whatever_its_limits() -> None:
    whole = project(db(cpus=1, scale=0))
    plan = plan_up(whole, world(whole, live(whole, "db", as_it_was=db(cpus=0.5))), UP)
    assert plan.effects == {"db": "removal"}
    assert [step.id for step in plan.steps] == ["stop demo-db-1", "remove demo-db-1"]


def test_a_renamed_network_is_left_for_the_new_one() -> None:
    old = replace(project(db()), networks={"default": Network(name="demo_old")})
    container: ObservedContainer = live(old, "db")
    whole: Project = project(db())
    ids = [step.id for step in plan_up(whole, world(whole, container), UP).steps]
    assert ids == [
        "disconnect demo-db-1 from demo_old",
        "connect demo-db-1 to demo_default",
    ]


def without(observed: Observed, network: str) -> Observed:
    left = {name: one for name, one in observed.networks.items() if name != network}
    return replace(observed, networks=left)
