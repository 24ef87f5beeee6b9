from __future__ import annotations

from dataclasses import replace

import pytest

from composer.model.names import Label, aside_name
from composer.model.observed import MountPoint, Observed
from composer.model.operations import Connect
from composer.model.options import Recreate, UpOptions
from composer.model.plan import Plan
from composer.model.project import Ipam, IpamPool, Network, Project
from composer.model.service import Dependency, NetworkReference, Port
from composer.planner.up import plan_up
from support.plans import assert_plan, live, project, service, volume, world

UP = UpOptions()
DB = service("db", volumes=(volume("data", "/data"),))
WEB = service("web", depends_on={"db": Dependency()}, environment={"COLOUR": "blue"})
DEMO = project(WEB, DB, volumes=["data"])
CREATE_WEB = "create container demo-web-1"


def needing(condition: str, *, required: bool = True) -> Project:
    web = service("web", depends_on={"db": Dependency(condition=condition, required=required)})
    return project(web, DB, volumes=["data"])


def test_a_first_up_makes_networks_and_volumes_then_containers_then_starts_in_order() -> None:
    assert_plan(
        plan_up(DEMO, world(DEMO, resources=False), UP),
        """
        1. create network demo_default (missing)
        2. create volume demo_data (missing)
        3. create container demo-db-1 (no container yet) after 1, 2
        4. create container demo-web-1 (no container yet) after 1
        5. start demo-db-1 (new container) after 3
        6. start demo-web-1 (new container) after 4, 5
        """,
    )


def test_containers_are_made_beside_their_network_where_the_engine_allows_it() -> None:
    observed = replace(world(DEMO, resources=False), lenient_networks=True)
    assert_plan(
        plan_up(DEMO, observed, UP),
        """
        1. create network demo_default (missing)
        2. create volume demo_data (missing)
        3. create container demo-db-1 (no container yet) after 2
        4. create container demo-web-1 (no container yet)
        5. start demo-db-1 (new container) after 1, 3
        6. start demo-web-1 (new container) after 4, 5
        """,
    )


def created_after(whole: Project, observed: Observed) -> frozenset[str]:
    """Return the steps that come before the container of `web` is made."""
    [create] = (s for s in plan_up(whole, observed, UP).steps if str(s.operation) == CREATE_WEB)
    return create.after


@pytest.mark.parametrize(
    "networks",
    [
        {"default": NetworkReference(ipv4_address="10.9.0.2")},
        {"default": NetworkReference(), "other": NetworkReference()},
    ],
)
def test_who_has_an_address_or_several_networks_is_made_after_them(
    networks: dict[str, NetworkReference | None],
) -> None:
    whole = project(service("web", networks=networks), networks=tuple(networks))
    observed = replace(world(whole, resources=False), lenient_networks=True)
    [create] = (
        s for s in plan_up(whole, observed, UP).steps if s.id == "create container demo-web-1"
    )
    assert create.after == {f"create network demo_{key}" for key in networks}


@pytest.mark.parametrize(
    ("network", "waits"),
    [
        (Network(name="demo_default", driver="bridge", internal=True), False),
        (Network(name="demo_default", driver="macvlan"), True),
        (Network(name="demo_default", ipam=Ipam(config=(IpamPool(subnet="10.9.0.0/24"),))), True),
        (Network(name="demo_default", enable_ipv6=True), True),
    ],
)
def test_a_container_waits_for_a_network_that_may_be_refused(network: Network, waits: bool) -> None:
    whole = replace(project(service("web")), networks={"default": network})
    observed = replace(world(whole, resources=False), lenient_networks=True)
    assert ("create network demo_default" in created_after(whole, observed)) is waits


def test_a_container_is_not_made_while_its_network_is_made_anew() -> None:
    whole = project(service("web"))
    observed = world(whole)
    live = observed.networks["demo_default"]
    labels = {**live.labels, Label.CONFIG_HASH: "other"}
    changed = {"demo_default": replace(live, labels=labels)}
    observed = replace(observed, networks=changed, lenient_networks=True)
    [create] = (
        s for s in plan_up(whole, observed, UP).steps if s.id == "create container demo-web-1"
    )
    assert create.after == {"create network demo_default"}


def test_nothing_is_done_when_everything_is_as_it_should_be() -> None:
    assert plan_up(DEMO, world(DEMO, live(DEMO, "db"), live(DEMO, "web")), UP) == Plan()


def test_one_changed_value_replaces_that_container_and_shows_the_field() -> None:
    before = replace(WEB, environment={"COLOUR": "red"})
    assert_plan(
        plan_up(DEMO, world(DEMO, live(DEMO, "db"), live(DEMO, "web", as_it_was=before)), UP),
        f"""
        1. rename demo-web-1 to {aside("demo-web-1")} (its successor takes the name)
        2. create container demo-web-1 (configuration changed) after 1
             environment.COLOUR: 'red' → 'blue'
        3. stop {aside("demo-web-1")} (replaced: configuration changed) after 2
        4. start demo-web-1 (new container) after 3
        5. remove {aside("demo-web-1")} (it is replaced) after 4
        """,
    )


def aside(name: str) -> str:
    """What a container is called while its successor is tried."""
    return aside_name(live(DEMO, "web", container=name).id, name)


def temporary(name: str) -> str:
    """What Docker Compose calls the successor of a container."""
    return f"{live(DEMO, 'web', container=name).id[:12]}_{name}"


def test_a_stopped_container_is_started_not_replaced() -> None:
    observed = world(DEMO, live(DEMO, "db", status="exited", exit_code=137), live(DEMO, "web"))
    assert_plan(plan_up(DEMO, observed, UP), "1. start demo-db-1 (it exited with code 137)")


def test_a_wait_for_health_stands_between_the_starts() -> None:
    gated = needing("service_healthy")
    assert_plan(
        plan_up(gated, world(gated), UP),
        """
        1. create container demo-db-1 (no container yet)
        2. create container demo-web-1 (no container yet)
        3. start demo-db-1 (new container) after 1
        4. wait until db is healthy ('web' starts when it is so) after 3
        5. start demo-web-1 (new container) after 2, 4
        """,
    )


def test_what_is_healthy_already_is_not_waited_for() -> None:
    gated = needing("service_healthy")
    observed = world(gated, live(gated, "db", health="healthy"))
    assert "wait until db is healthy" not in {s.id for s in plan_up(gated, observed, UP).steps}


def test_what_is_still_starting_is_waited_for() -> None:
    gated = needing("service_healthy")
    observed = world(gated, live(gated, "db", health="starting"))
    assert_plan(
        plan_up(gated, observed, UP),
        """
        1. create container demo-web-1 (no container yet)
        2. wait until db is healthy ('web' starts when it is so)
        3. start demo-web-1 (new container) after 1, 2
        """,
    )


def test_two_who_need_one_service_wait_once_and_the_stricter_counts() -> None:
    lax = service("lax", depends_on={"db": Dependency(condition="service_healthy", required=False)})
    strict = service("strict", depends_on={"db": Dependency(condition="service_healthy")})
    both = project(lax, strict, DB, volumes=["data"])

    steps = [step for step in plan_up(both, world(both), UP).steps if step.id.startswith("wait")]

    assert [step.operation.required for step in steps] == [True]  # type: ignore[union-attr]


def test_a_dependent_with_restart_true_is_stopped_and_started_around_a_replacement() -> None:
    web = service("web", depends_on={"db": Dependency(restart=True)})
    whole = project(web, DB, volumes=["data"])
    old = replace(DB, environment={"OLD": "1"})
    observed = world(whole, live(whole, "db", as_it_was=old), live(whole, "web"))
    plan = plan_up(whole, observed, UP)
    ids = [step.id for step in plan.steps]

    assert ids.index("stop demo-web-1") < ids.index(f"stop {aside('demo-db-1')}")
    assert ids.index("start demo-db-1") < ids.index("start demo-web-1")
    assert "remove demo-web-1" not in ids


def test_an_interrupted_replacement_that_lost_the_old_one_goes_on() -> None:
    orphaned = live(DEMO, "web", container=temporary("demo-web-1"), status="created")
    assert_plan(
        plan_up(DEMO, world(DEMO, live(DEMO, "db"), orphaned), UP),
        f"""
        1. rename {temporary("demo-web-1")} to demo-web-1 (an interrupted replacement goes on)
        2. start demo-web-1 (it is created, not running) after 1
        """,
    )


def test_a_running_container_is_waited_for_under_the_name_it_gets_first() -> None:
    gated = needing("service_healthy")
    db = live(gated, "db", container=temporary("demo-db-1"), health="starting")
    plan = plan_up(gated, world(gated, db), UP)
    [wait] = [step for step in plan.steps if step.id.startswith("wait")]
    assert wait.after == {f"rename {db.name} to demo-db-1"}


def test_an_interrupted_replacement_that_kept_both_ends_with_the_new_one() -> None:
    before = replace(WEB, environment={"COLOUR": "red"})
    old = live(DEMO, "web", as_it_was=before)
    new = live(DEMO, "web", container=temporary("demo-web-1"), status="created")
    why = "an interrupted replacement goes on"
    assert_plan(
        plan_up(DEMO, world(DEMO, live(DEMO, "db"), old, new), UP),
        f"""
        1. rename demo-web-1 to {aside("demo-web-1")} ({why})
        2. stop {aside("demo-web-1")} (it gives way) after 1
        3. rename {new.name} to demo-web-1 ({why}) after 2
        4. start demo-web-1 (it is created, not running) after 3
        5. remove {aside("demo-web-1")} (it is replaced) after 4
        """,
    )


def test_an_anonymous_volume_is_carried_over_to_the_successor() -> None:
    web = service("web", volumes=(volume(None, "/cache"),))
    whole = project(web)
    before = replace(web, environment={"COLOUR": "red"})
    anonymous = MountPoint(type="volume", target="/cache", name="ab" * 32)
    old = live(whole, "web", as_it_was=before, mounts=[anonymous])

    create = plan_up(whole, world(whole, old), UP).steps[1]
    renewed = plan_up(whole, world(whole, old), replace(UP, renew_anonymous_volumes=True))

    assert create.operation.spec.config.mounts == (volume("ab" * 32, "/cache"),)  # type: ignore[union-attr]
    assert all(
        step.operation.spec.config.mounts == (volume(None, "/cache"),)  # type: ignore[union-attr]
        for step in renewed.steps
        if step.id.startswith("create container") and "web" in step.id
    )


def test_a_container_that_stood_still_starts_after_its_port_is_given_up() -> None:
    taken = (Port(target=1, published="80"),)
    a, b = service("a", ports=taken), service("b")
    whole = project(a, b)
    failed = live(whole, "a", status="created")
    winner = live(whole, "b", as_it_was=replace(b, ports=taken))

    [start] = [
        s
        for s in plan_up(whole, world(whole, failed, winner), UP).steps
        if s.id == "start demo-a-1"
    ]

    assert f"stop {aside('demo-b-1')}" in start.after


def test_scaling_down_removes_the_highest_numbers() -> None:
    observed = world(
        DEMO,
        live(DEMO, "db"),
        live(DEMO, "web"),
        live(DEMO, "web", number=2),
        live(DEMO, "web", number=3),
    )
    assert_plan(
        plan_up(DEMO, observed, replace(UP, scale={"web": 2})),
        """
        1. stop demo-web-3 (scaled to 2)
        2. remove demo-web-3 (scaled to 2) after 1
        """,
    )


def test_scaling_up_numbers_on_from_the_highest() -> None:
    observed = world(DEMO, live(DEMO, "db"), live(DEMO, "web", number=2))
    plan = plan_up(DEMO, observed, replace(UP, scale={"web": 3}))
    assert [s.id for s in plan.steps if s.id.startswith("create")] == [
        "create container demo-web-3",
        "create container demo-web-4",
    ]


def test_a_container_name_cannot_be_scaled() -> None:
    fixed = project(service("web", container_name="thing"))
    errors = plan_up(fixed, world(fixed), replace(UP, scale={"web": 2})).errors
    assert [e.message for e in errors] == [
        "service 'web' has a container_name and cannot have 2 replicas"
    ]


def test_another_image_behind_the_tag_replaces_the_container() -> None:
    web = live(DEMO, "web", labels={Label.IMAGE: "sha256:0123456789abcdef"})
    plan = plan_up(DEMO, world(DEMO, live(DEMO, "db"), web), UP)
    assert plan.steps[1].reason == "image web:1 is another one now"


def test_never_recreate_keeps_what_differs_and_starts_it() -> None:
    before = replace(WEB, environment={"COLOUR": "red"})
    web = live(DEMO, "web", as_it_was=before, status="exited")
    options = replace(UP, recreate=Recreate.NEVER)
    assert_plan(
        plan_up(DEMO, world(DEMO, live(DEMO, "db"), web), options),
        "1. start demo-web-1 (it exited with code 0)",
    )


def test_force_recreate_of_one_service_leaves_its_dependencies_alone() -> None:
    options = replace(UP, services=("web",), recreate=Recreate.FORCE)
    plan = plan_up(DEMO, world(DEMO, live(DEMO, "db"), live(DEMO, "web")), options)
    assert not [step.id for step in plan.steps if "db" in step.id]
    assert f"remove {aside('demo-web-1')}" in [step.id for step in plan.steps]


def test_no_deps_leaves_dependencies_out() -> None:
    options = replace(UP, services=("web",), no_deps=True)
    assert_plan(
        plan_up(DEMO, world(DEMO), options),
        """
        1. create container demo-web-1 (no container yet)
        2. start demo-web-1 (new container) after 1
        """,
    )


def test_no_start_creates_only() -> None:
    plan = plan_up(DEMO, world(DEMO), replace(UP, start=False))
    assert [step.id for step in plan.steps] == [
        "create container demo-db-1",
        "create container demo-web-1",
    ]


def test_a_container_missing_from_a_network_joins_it_instead_of_being_replaced() -> None:
    whole = project(
        service("web", networks={"default": None, "back": None}), networks=["default", "back"]
    )
    lost = replace(live(whole, "web"), networks={"demo_default": "id"})
    assert_plan(
        plan_up(whole, world(whole, lost), UP),
        "1. connect demo-web-1 to demo_back (it is not in this network)",
    )


def test_a_container_joins_a_network_under_all_its_names() -> None:
    back = NetworkReference(aliases=("neighbour",))
    whole = project(service("web", networks={"back": back}), networks=["back"])
    lost = replace(live(whole, "web"), networks={})
    [step] = plan_up(whole, world(whole, lost), UP).steps
    assert isinstance(step.operation, Connect)
    assert step.operation.endpoint.aliases == ("demo-web-1", "web", "neighbour")


def test_a_changed_network_is_replaced_under_its_containers() -> None:
    observed = world(DEMO, live(DEMO, "db"), live(DEMO, "web"))
    old = replace(
        observed.networks["demo_default"],
        labels={Label.CONFIG_HASH: "old", Label.PROJECT: "demo"},
    )
    observed = replace(observed, networks={"demo_default": old})
    why = "network configuration changed"
    assert_plan(
        plan_up(DEMO, observed, UP),
        f"""
        1. disconnect demo-db-1 from demo_default ({why})
        2. disconnect demo-web-1 from demo_default ({why})
        3. remove network demo_default ({why}) after 1, 2
        4. create network demo_default ({why}) after 3
        5. connect demo-db-1 to demo_default (the network is new) after 4
        6. connect demo-web-1 to demo_default (the network is new) after 4
        """,
    )


def test_a_volume_that_differs_is_kept_with_a_warning() -> None:
    observed = world(DEMO, live(DEMO, "db"), live(DEMO, "web"))
    other = replace(
        observed.volumes["demo_data"],
        labels={Label.CONFIG_HASH: "old", Label.PROJECT: "demo"},
    )
    plan = plan_up(DEMO, replace(observed, volumes={"demo_data": other}), UP)
    assert not plan.steps
    assert [w.message for w in plan.warnings] == [
        "volume 'demo_data' was created with another configuration; it is kept as it is"
    ]


def test_a_missing_external_network_stands_in_the_way() -> None:
    outside = replace(
        DEMO, networks={"default": replace(DEMO.networks["default"], name="lan", external=True)}
    )
    plan = plan_up(outside, world(outside, resources=False), UP)
    assert [e.message for e in plan.errors] == [
        "network 'lan' is declared external, but does not exist"
    ]


def test_orphans_are_named_and_removed_only_when_asked() -> None:
    observed = world(DEMO, live(DEMO, "db"), live(DEMO, "web"))
    gone = live(DEMO, "web", container="demo-old-1", labels={Label.SERVICE: "old"})
    observed = replace(observed, containers=(*observed.containers, gone))

    kept = plan_up(DEMO, observed, UP)
    assert not kept.steps
    assert [w.message for w in kept.warnings] == ["orphan containers of project 'demo': demo-old-1"]
    assert_plan(
        plan_up(DEMO, observed, replace(UP, remove_orphans=True)),
        """
        1. stop demo-old-1 (service 'old' is not in the file)
        2. remove demo-old-1 (service 'old' is not in the file) after 1
        """,
    )


def test_a_service_switched_off_by_a_profile_is_no_orphan() -> None:
    whole = project(WEB, DB, volumes=["data"], disabled=[service("debug")])
    extra = live(whole, "web", container="demo-debug-1", labels={Label.SERVICE: "debug"})
    observed = world(whole, live(whole, "db"), live(whole, "web"), extra)
    assert plan_up(whole, observed, UP) == Plan()


def test_wait_waits_for_every_service_and_for_completion_where_somebody_awaits_it() -> None:
    job = service("job")
    web = service("web", depends_on={"job": Dependency(condition="service_completed_successfully")})
    whole = project(web, job)
    plan = plan_up(whole, world(whole), replace(UP, wait=True, wait_timeout=30))
    waits = {s.id: s.operation.timeout for s in plan.steps if s.id.startswith("wait")}  # type: ignore[union-attr]
    assert waits == {"wait until job has completed": 30, "wait until web is up": 30}


def test_a_container_of_an_unknown_compose_is_judged_by_its_fields() -> None:
    foreign = live(DEMO, "web", labels={Label.CONFIG_HASH: "unknown", Label.VERSION: "1.29.2"})
    assert plan_up(DEMO, world(DEMO, live(DEMO, "db"), foreign), UP) == Plan()
