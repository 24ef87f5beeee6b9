"""Networks, volumes and images that more than one container, service or project uses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.actions.down import down as take_down
from composer.model.build import Build
from composer.model.events import Event, StepFinished
from composer.model.names import Label
from composer.model.observed import Observed
from composer.model.options import DownOptions, ImageOptions, Recreate, UpOptions
from composer.model.plan import Plan
from composer.model.project import Network, Project
from composer.model.service import Dependency, Service
from composer.planner.images import plan_images
from composer.planner.up import plan_up
from composer.reconciler import bring_up, foresee
from support.engine import FakeEngine
from support.plans import assert_plan, live, project, service, volume, world

UP = UpOptions()
IMAGES = ("app:1", "db:1", "web:1")


def sleeper(name: str, **attributes: object) -> Service:
    return service(name, command=("sleep", "infinity"), **attributes)


def up(whole: Project, engine: FakeEngine) -> None:
    bring_up(whole, engine, UP, lambda event: None)


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def with_an_older_network(observed: Observed) -> Observed:
    labels: dict[str, str] = {Label.CONFIG_HASH: "old", Label.PROJECT: "demo"}
    network = replace(observed.networks["demo_default"], labels=labels)
    return replace(observed, networks={"demo_default": network})


# -- a network and a volume of one name -----------------------------------------------


def test_a_new_volume_is_no_reason_to_join_the_network_of_its_name() -> None:
    web = sleeper("web", networks={"data": None})
    db = sleeper("db", networks={"data": None}, volumes=(volume("data", "/data"),))
    engine = FakeEngine(images=IMAGES)
    up(project(web, networks=["data"]), engine)
    whole = project(web, db, networks=["data"], volumes=["data"])
    assert ids(foresee(whole, engine, UP)) == [
        "create volume demo_data",
        "create container demo-db-1",
        "start demo-db-1",
    ]


def test_a_container_waits_for_the_network_and_for_the_volume_of_one_name() -> None:
    db = service("db", networks={"data": None}, volumes=(volume("data", "/data"),))
    whole = project(db, networks=["data"], volumes=["data"])
    assert_plan(
        plan_up(whole, world(whole, resources=False), UP),
        """
        1. create network demo_data (missing)
        2. create volume demo_data (missing)
        3. create container demo-db-1 (no container yet) after 1, 2
        4. start demo-db-1 (new container) after 3
        """,
    )


# -- a network that is replaced -------------------------------------------------------


def assert_back_in_the_network(plan: Plan, container: str) -> None:
    leave, join = (
        f"disconnect {container} from demo_default",
        f"connect {container} to demo_default",
    )
    [step] = [step for step in plan.steps if step.id == join]
    assert "create network demo_default" in step.after
    assert leave in ids(plan)


def test_a_service_that_was_not_asked_for_comes_back_into_a_replaced_network() -> None:
    whole = project(service("web"), service("db"))
    observed = with_an_older_network(world(whole, live(whole, "web"), live(whole, "db")))
    plan = plan_up(whole, observed, replace(UP, services=("web",)))
    assert_back_in_the_network(plan, "demo-db-1")


def test_an_orphan_that_stays_comes_back_into_a_replaced_network() -> None:
    whole, old = project(service("web")), project(service("web"), service("old"))
    observed = with_an_older_network(world(whole, live(whole, "web"), live(old, "old")))
    assert_back_in_the_network(plan_up(whole, observed, UP), "demo-old-1")
    plan = plan_up(whole, observed, replace(UP, remove_orphans=True))
    assert "connect demo-old-1 to demo_default" not in ids(plan)


def test_a_service_starts_after_what_it_depends_on_is_back_in_the_network() -> None:
    whole = project(service("web", depends_on={"db": Dependency()}), service("db"))
    red = replace(whole.services["web"], environment={"COLOUR": "red"})
    web = live(whole, "web", as_it_was=red)
    plan = plan_up(whole, with_an_older_network(world(whole, web, live(whole, "db"))), UP)
    [start] = [step for step in plan.steps if step.id == "start demo-web-1"]
    assert "connect demo-db-1 to demo_default" in start.after


def test_what_is_kept_though_it_differs_joins_no_network_either() -> None:
    whole = project(service("web"))
    host = replace(whole.services["web"], networks={}, network_mode="host")
    web = replace(live(whole, "web", as_it_was=host), networks={"host": "id"})
    assert plan_up(whole, world(whole, web), replace(UP, recreate=Recreate.NEVER)) == Plan()


# -- what other projects use ----------------------------------------------------------


def take_away(whole: Project, engine: FakeEngine, options: DownOptions) -> list[str]:
    """Return what was left where it is, and why."""
    events: list[Event] = []
    take_down("demo", whole, engine, options, events.append)
    ends = [event for event in events if isinstance(event, StepFinished)]
    return [f"{end.step.id}: {end.error}" for end in ends if end.error is not None]


def test_a_network_that_another_project_uses_stays_and_the_rest_goes() -> None:
    engine = FakeEngine(images=IMAGES)
    whole = project(sleeper("web", volumes=(volume("data", "/data"),)), volumes=["data"])
    lan = Network(name="demo_default", external=True)
    other = replace(project(sleeper("web")), name="other", networks={"default": lan})
    up(whole, engine)
    up(other, engine)
    assert take_away(whole, engine, DownOptions(volumes=True)) == [
        "remove network demo_default: network demo_default has active endpoints: other-web-1"
    ]
    assert "demo_data" not in engine.volumes
    assert set(engine.containers) == {"other-web-1"}


def test_a_volume_that_an_orphan_uses_stays() -> None:
    engine = FakeEngine(images=IMAGES)
    data = {"volumes": (volume("data", "/data"),)}
    up(project(sleeper("web", **data), sleeper("db", **data), volumes=["data"]), engine)
    whole = project(sleeper("web", **data), volumes=["data"])
    assert take_away(whole, engine, DownOptions(volumes=True)) == [
        "remove volume demo_data: volume demo_data is in use by demo-db-1"
    ]
    assert "demo_data" in engine.volumes


def test_an_image_that_another_project_uses_stays() -> None:
    engine = FakeEngine()
    whole = project(sleeper("web", image=None, build=Build(context=".")))
    up(whole, engine)
    user = sleeper("x", image="demo-web", networks={}, network_mode="none")
    up(replace(project(user), name="other"), engine)
    assert take_away(whole, engine, DownOptions(images="all")) == [
        "remove image demo-web: image demo-web is used by other-x-1"
    ]
    assert set(engine.containers) == {"other-x-1"}


# -- an image of several services -----------------------------------------------------


@pytest.mark.parametrize("patient", ["a", "b"])
def test_an_image_is_not_missed_by_one_service_when_another_pulls_it(patient: str) -> None:
    services = [
        service(name, image="app:1", pull_policy="never" if name == patient else None)
        for name in ("a", "b")
    ]
    plan = plan_images(project(*services), services, {}, ImageOptions())
    assert_plan(plan, "1. pull image app:1 (not on this engine)")
    assert plan.errors == ()


def test_the_image_of_a_service_without_replicas_is_not_missed() -> None:
    whole = project(service("web", pull_policy="never", scale=0))
    assert foresee(whole, FakeEngine(), UP).errors == ()
