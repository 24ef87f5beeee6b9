"""What each service feels of a plan, and what is to blame."""

from __future__ import annotations

from composer.model.options import Recreate, UpOptions
from composer.model.plan import Plan
from composer.model.service import Dependency, Port
from composer.model.units import Bytes
from composer.planner.up import plan_up
from composer.record import replace
from support.plans import live, project, service, world

UP = UpOptions()


def told(plan: Plan) -> dict[str, str]:
    """Return the effect on each service, and what causes it."""
    causes = {name: cause.what for name, cause in plan.causes.items()}
    return {name: f"{effect}: {causes.get(name)}" for name, effect in plan.effects.items()}


def consequences(plan: Plan) -> dict[str, str]:
    return {change.field: change.consequence for step in plan.steps for change in step.changes}


def test_the_attribute_that_replaces_is_to_blame_and_not_the_one_that_would_not() -> None:
    whole = project(service("db", cpus=2.0, environment={"A": "2"}))
    old = replace(whole.services["db"], cpus=1.0, environment={"A": "1"})
    plan = plan_up(whole, world(whole, live(whole, "db", as_it_was=old)), UP)

    assert told(plan) == {"db": "replacement: environment.A"}
    assert consequences(plan) == {"cpus": "live update", "environment.A": "replacement"}


def test_a_limit_that_changes_alone_is_a_live_update() -> None:
    whole = project(service("db", mem_limit=Bytes(2**26)))
    old = replace(whole.services["db"], mem_limit=Bytes(2**25))
    plan = plan_up(whole, world(whole, live(whole, "db", as_it_was=old)), UP)

    assert told(plan) == {"db": "live update: mem_limit"}
    assert consequences(plan) == {"mem_limit": "live update"}


def test_a_limit_that_is_taken_back_is_a_replacement() -> None:
    whole = project(service("db"))
    old = replace(whole.services["db"], mem_limit=Bytes(2**25))
    plan = plan_up(whole, world(whole, live(whole, "db", as_it_was=old)), UP)

    assert told(plan) == {"db": "replacement: mem_limit"}


def test_a_network_that_cannot_be_joined_in_place_is_a_replacement() -> None:
    port = Port(target=80, published="8080", protocol="tcp")
    whole = project(service("web", ports=(port,)), networks=["default", "back"])
    both = {"default": None, "back": None}
    old = replace(whole.services["web"], networks=both)
    plan = plan_up(whole, world(whole, live(whole, "web", as_it_was=old)), UP)

    assert plan.effects == {"web": "replacement"}
    assert set(consequences(plan).values()) == {"replacement"}


def test_a_service_that_restarts_says_for_whom() -> None:
    depends = {"db": Dependency(restart=True)}
    whole = project(service("web", depends_on=depends), service("db", environment={"A": "2"}))
    old = replace(whole.services["db"], environment={"A": "1"})
    seen = world(whole, live(whole, "db", as_it_was=old), live(whole, "web"))

    assert told(plan_up(whole, seen, UP)) == {
        "db": "replacement: environment.A",
        "web": "restart: it depends on 'db', which is replaced, with 'restart: true'",
    }


def test_what_was_asked_for_and_what_is_down_is_to_blame_as_well() -> None:
    whole = project(service("db"), service("web"))
    stopped = live(whole, "web", status="exited", exit_code=3)
    seen = world(whole, live(whole, "db"), stopped)

    assert told(plan_up(whole, seen, UP)) == {
        "db": "nothing: None",
        "web": "start: it exited with code 3",
    }
    assert told(plan_up(whole, seen, replace(UP, recreate=Recreate.FORCE)))["db"] == (
        "replacement: asked for by --force-recreate"
    )
    scaled = replace(UP, scale={"db": 0})
    assert told(plan_up(whole, seen, scaled))["db"] == "removal: scaled to 0"
