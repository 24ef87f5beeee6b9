"""Names, ports and addresses that are in use until somebody lets go of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.model.names import aside_name
from composer.model.observed import Observed, ObservedContainer
from composer.model.operations import Await
from composer.model.options import Recreate, UpOptions
from composer.model.plan import Plan
from composer.model.project import Project
from composer.model.service import Dependency, NetworkReference, Port
from composer.planner.up import plan_up
from support.plans import live, project, service, world

UP = UpOptions()
WITHOUT_ORPHANS = UpOptions(remove_orphans=True)


def comes_before(plan: Plan, first: str, second: str) -> bool:
    """Say whether `second` waits for `first`, directly or not."""
    after = {step.id: step.after for step in plan.steps}
    assert {first, second} <= set(after), sorted(after)
    waiting, seen = [second], set[str]()
    while waiting:
        one = waiting.pop()
        if one == first:
            return True
        if one not in seen:
            seen.add(one)
            waiting += after.get(one, ())
    return False


def publishing(**published: str) -> Project:
    """A project of services that publish a port each: web="80", dns="53/udp"."""
    return project(
        *(
            service(
                name,
                image="app:1",
                ports=(Port(target=1, published=port.split("/")[0], protocol=_protocol(port)),),
            )
            for name, port in published.items()
        )
    )


def _protocol(port: str) -> str:
    return port.partition("/")[2] or "tcp"


def called(**names: str) -> Project:
    """A project of services with a container_name each."""
    return project(
        *(service(name, image="app:1", container_name=own) for name, own in names.items())
    )


def turned_into(new: Project, old: Project) -> Plan:
    """The plan that makes `new` of a running `old`."""
    running = [live(old, name) for name in old.services]
    return plan_up(new, world(new, *running), WITHOUT_ORPHANS)


def test_a_container_name_is_taken_after_the_orphan_that_bears_it_is_gone() -> None:
    plan = turned_into(called(front="site"), called(web="site"))
    assert comes_before(plan, "remove site", "create container site")


def test_two_services_may_exchange_their_container_names() -> None:
    plan = turned_into(called(a="y", b="x"), called(a="x", b="y"))
    renames = {step.id.split()[1]: step.id for step in plan.steps if "rename" in step.id}
    assert comes_before(plan, renames["y"], "create container y")
    assert comes_before(plan, renames["x"], "create container x")


@pytest.mark.parametrize("wanted", ["80", "79-81"])
def test_a_port_is_taken_after_the_orphan_that_publishes_it_stopped(wanted: str) -> None:
    plan = turned_into(publishing(front=wanted), publishing(web="80"))
    assert comes_before(plan, "stop demo-web-1", "start demo-front-1")


@pytest.mark.parametrize("other", ["81", "80/udp"])
def test_another_port_or_protocol_is_not_waited_for(other: str) -> None:
    plan = turned_into(publishing(front="80"), publishing(web=other))
    assert not comes_before(plan, "stop demo-web-1", "start demo-front-1")


def test_two_services_may_exchange_their_ports() -> None:
    old = publishing(a="80", b="81")
    plan = turned_into(publishing(a="81", b="80"), old)
    assert comes_before(plan, f"stop {aside(live(old, 'b'))}", "start demo-a-1")
    assert comes_before(plan, f"stop {aside(live(old, 'a'))}", "start demo-b-1")


def addressed(*, more: str = "", **addresses: str | None) -> Project:
    """A project of services with a static address each, or without one; `more` replaces all."""
    return project(
        *(
            service(
                name,
                image="app:1",
                networks={"default": NetworkReference(ipv4_address=address)},
                environment={"MORE": more} if more else {},
            )
            for name, address in addresses.items()
        )
    )


def found(whole: Project, **addresses: str) -> Observed:
    """What runs of `whole`, at the addresses that each has right now."""
    running = (live(whole, name) for name in whole.services)
    network = "demo_default"
    return world(
        whole, *(replace(c, addresses={network: (addresses[c.service],)}) for c in running)
    )


def test_two_services_may_exchange_their_addresses_while_they_run() -> None:
    before = found(addressed(a="10.9.0.2", b="10.9.0.3"), a="10.9.0.2", b="10.9.0.3")
    plan = plan_up(addressed(a="10.9.0.3", b="10.9.0.2"), before, UP)
    for one, other in ("ab", "ba"):
        leave = f"disconnect demo-{one}-1 from demo_default"
        assert comes_before(plan, leave, f"connect demo-{other}-1 to demo_default")


def test_an_address_that_the_engine_chose_is_taken_once_it_is_free() -> None:
    before = found(addressed(a=None, b=None), a="10.9.0.2", b="10.9.0.3")
    plan = plan_up(addressed(a="10.9.0.3", b="10.9.0.4"), before, UP)
    leave, join = "disconnect demo-b-1 from demo_default", "connect demo-a-1 to demo_default"
    assert comes_before(plan, leave, join)
    assert not comes_before(plan, join, "connect demo-b-1 to demo_default")


def test_two_services_that_are_replaced_may_exchange_their_addresses() -> None:
    old = addressed(a="10.9.0.2", b="10.9.0.3")
    new = addressed(a="10.9.0.3", b="10.9.0.2", more="1")
    plan = plan_up(new, found(old, a="10.9.0.2", b="10.9.0.3"), UP)
    assert comes_before(plan, f"stop {aside(live(old, 'b'))}", "start demo-a-1")
    assert comes_before(plan, f"stop {aside(live(old, 'a'))}", "start demo-b-1")
    assert [one.group for one in plan.replacements] == [0, 0]


def test_an_address_is_written_in_several_ways() -> None:
    before = found(project(service("a"), service("b")), a="fd00::2", b="fd00::3")
    moved = project(
        *(
            service(name, networks={"default": NetworkReference(ipv6_address=address)})
            for name, address in (("a", "fd00::0:3"), ("b", "fd00::4"))
        )
    )
    leave, join = "disconnect demo-b-1 from demo_default", "connect demo-a-1 to demo_default"
    assert comes_before(plan_up(moved, before, UP), leave, join)


def aside(old: ObservedContainer) -> str:
    return aside_name(old.id, old.name)


def coloured(colour: str) -> Project:
    return project(service("web", environment={"COLOUR": colour}))


def test_a_leftover_is_gone_before_the_next_successor_takes_its_name() -> None:
    old = live(coloured("red"), "web")
    old = replace(old, name=aside(old))
    left = live(coloured("green"), "web", status="created")
    blue = coloured("blue")
    plan = plan_up(blue, world(blue, old, left), UP)
    assert comes_before(plan, f"remove {left.name}", f"create container {left.name}")


def test_a_forced_replacement_that_was_cut_off_can_be_forced_again() -> None:
    red = coloured("red")
    old = live(red, "web")
    old = replace(old, name=aside(old))
    left = live(red, "web", status="created")
    plan = plan_up(red, world(red, old, left), replace(UP, recreate=Recreate.FORCE))
    assert comes_before(plan, f"remove {left.name}", f"create container {left.name}")


def test_a_container_name_that_looks_temporary_stays_what_it_is() -> None:
    whole = called(web="0123456789ab_web")
    assert plan_up(whole, world(whole, live(whole, "web")), UP) == Plan()


def test_a_running_successor_is_awaited_under_the_name_it_gets() -> None:
    whole = project(service("web"))
    odd = live(whole, "web", container="0123456789ab_demo-web-1", health="starting")
    steps = plan_up(whole, world(whole, odd), replace(UP, wait=True)).steps
    waits = [step.operation for step in steps if isinstance(step.operation, Await)]
    assert [wait.containers for wait in waits] == [("demo-web-1",)]


def test_a_running_successor_is_restarted_under_the_name_it_gets() -> None:
    web = service("web", depends_on={"db": Dependency(restart=True)})
    whole = project(web, service("db"))
    odd = live(whole, "web", container="0123456789ab_demo-web-1")
    old = live(whole, "db", as_it_was=service("db", environment={"COLOUR": "red"}))
    plan = plan_up(whole, world(whole, odd, old), UP)
    assert comes_before(plan, "stop demo-web-1", "start demo-web-1")


@pytest.mark.parametrize(
    "shares",
    [
        {"networks": {}, "network_mode": "service:api"},
        {"pid": "service:api"},
        {"links": ("api",)},
        {"volumes_from": ("api",)},
    ],
)
def test_a_container_name_moves_to_the_service_that_its_bearer_now_shares_with(
    shares: dict[str, object],
) -> None:
    old = project(service("web", container_name="x"))
    web = service("web", depends_on={"api": Dependency()}, **shares)
    new = project(service("api", container_name="x"), web)

    plan = plan_up(new, world(new, live(old, "web")), UpOptions())

    assert comes_before(plan, f"rename x to {aside(live(old, 'web'))}", "create container x")
    assert comes_before(plan, "create container x", "create container demo-web-1")
