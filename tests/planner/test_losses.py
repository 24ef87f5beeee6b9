"""Volumes that hold data: what is lost is listed, and nothing is lost unasked."""

from __future__ import annotations

import pytest

from composer.model.names import Label
from composer.model.observed import MountPoint, Observed
from composer.model.operations import Remove, RemoveVolume
from composer.model.options import DownOptions, Recreate, UpOptions
from composer.model.plan import Loss, Plan
from composer.model.project import Project, Volume
from composer.model.service import Dependency, Service
from composer.planner.down import plan_down
from composer.planner.lifecycle import plan_rm
from composer.planner.up import plan_up
from composer.reconciler import Done, bring_up, foresee
from composer.record import replace
from support.engine import FakeEngine
from support.plans import assert_plan, live, project, service, volume, world

UP = UpOptions()
AGREED = replace(UP, renew_volumes=frozenset(["demo_data"]))
NEW = {"o": "size=20m"}


def database(name: str = "db", **attributes: object) -> Service:
    mounts = (volume("data", "/data"),)
    return service(name, command=("sleep", "infinity"), volumes=mounts, **attributes)


def with_options(whole: Project, options: dict[str, str]) -> Project:
    return replace(whole, volumes={"data": Volume(name="demo_data", driver_opts=options)})


def older(whole: Project, observed: Observed) -> Observed:
    """Return what exists with a volume of an older configuration."""
    kept = observed.volumes["demo_data"]
    labels: dict[str, str] = {**kept.labels, Label.CONFIG_HASH: "old"}
    return replace(observed, volumes={"demo_data": replace(kept, labels=labels)})


def running(*services: Service, **networks: object) -> tuple[Project, FakeEngine]:
    """Return a project that runs, in which the volume has changed since."""
    whole = project(*services, volumes=["data"])
    engine = FakeEngine(images=[s.image or "" for s in services])
    bring_up(whole, engine, UP, lambda event: None)
    engine.sizes["demo_data"] = 48 * 1024 * 1024
    return with_options(whole, NEW), engine


def up(whole: Project, engine: FakeEngine, *agreed: str, options: UpOptions = UP) -> Done:
    return bring_up(whole, engine, options, lambda event: None, confirm=lambda losses: agreed)


def removed_volumes(plan: Plan) -> list[str]:
    return [s.operation.name for s in plan.steps if isinstance(s.operation, RemoveVolume)]


# -- what the plan says ---------------------------------------------------------------


def test_a_volume_is_made_anew_once_its_users_are_gone() -> None:
    whole = project(database(), service("web", depends_on={"db": Dependency()}), volumes=["data"])
    seen = older(whole, world(whole, live(whole, "db"), live(whole, "web")))
    plan = plan_up(whole, seen, AGREED)

    assert_plan(
        plan,
        """
        1. stop demo-db-1 (replaced: volume demo_data is made anew)
        2. remove demo-db-1 (replaced: volume demo_data is made anew) after 1
        3. remove volume demo_data (volume configuration changed) after 2
        4. create volume demo_data (volume configuration changed) after 3
        5. create container demo-db-1 (volume demo_data is made anew) after 4
        6. start demo-db-1 (new container) after 5
        """,
    )
    assert plan.losses == (Loss("demo_data", "volume configuration changed", ("demo-db-1",)),)
    assert plan.effects == {"db": "replacement", "web": "nothing"}
    assert plan.causes["db"].what == "volume demo_data is made anew"


def test_what_else_changed_of_its_users_is_told_as_well() -> None:
    whole = project(database(environment={"A": "2"}), volumes=["data"])
    was = replace(whole.services["db"], environment={"A": "1"})
    plan = plan_up(whole, older(whole, world(whole, live(whole, "db", as_it_was=was))), AGREED)

    (create,) = [step for step in plan.steps if step.id == "create container demo-db-1"]
    assert [(c.field, c.old, c.new) for c in create.changes] == [("environment.A", "'1'", "'2'")]


def test_nobody_who_has_not_agreed_loses_a_volume() -> None:
    whole = project(database(), volumes=["data"])
    plan = plan_up(whole, older(whole, world(whole, live(whole, "db"))), UP)

    assert (plan.steps, plan.losses) == ((), ())
    assert [warning.message for warning in plan.warnings] == [
        "volume 'demo_data' was created with another configuration; it is kept as it is"
    ]


def test_agreeing_does_not_touch_a_volume_that_is_as_the_file_says() -> None:
    whole = project(database(), volumes=["data"])
    assert plan_up(whole, world(whole, live(whole, "db")), AGREED) == Plan()


def test_the_files_of_a_mounted_device_are_not_lost() -> None:
    whole = project(database(), volumes=["data"])
    seen = older(whole, world(whole, live(whole, "db")))
    options = {"type": "nfs", "device": ":/export"}
    nfs = replace(seen.volumes["demo_data"], options=options)
    plan = plan_up(whole, replace(seen, volumes={"demo_data": nfs}), AGREED)

    assert [loss.outside for loss in plan.losses] == [":/export"]


def test_fresh_anonymous_volumes_are_losses_of_the_old_ones() -> None:
    whole = project(service("db", volumes=(volume(None, "/cache"),)))
    point = MountPoint(type="volume", target="/cache", name="a" * 64)
    seen = world(whole, live(whole, "db", mounts=[point]))

    carried = plan_up(whole, seen, replace(UP, recreate=Recreate.FORCE))
    renewed = plan_up(whole, seen, replace(UP, renew_anonymous_volumes=True))

    assert carried.losses == ()
    assert [str(loss) for loss in renewed.losses] == ["anonymous volume at /cache of demo-db-1"]


def test_down_lists_the_volumes_that_it_was_told_to_remove() -> None:
    whole = project(database(), volumes=["data"])
    point = MountPoint(type="volume", target="/cache", name="a" * 64)
    seen = world(whole, live(whole, "db", mounts=[point]))

    assert plan_down("demo", whole, seen, DownOptions()).losses == ()
    assert [
        str(loss) for loss in plan_down("demo", whole, seen, DownOptions(volumes=True)).losses
    ] == [
        "volume demo_data, last used by demo-db-1",
        "anonymous volume at /cache of demo-db-1",
    ]


def test_a_volume_of_composers_own_files_is_no_loss() -> None:
    whole = project(database(), volumes=["data"])
    seen = world(whole, live(whole, "db"))
    data = seen.volumes["demo_data"]
    ours = replace(data, labels={**data.labels, Label.FILES: "db"})
    plan = plan_down(
        "demo", whole, replace(seen, volumes={"demo_data": ours}), DownOptions(volumes=True)
    )

    assert removed_volumes(plan) == ["demo_data"]
    assert plan.losses == ()


def test_rm_lists_the_anonymous_volumes_that_it_takes_along() -> None:
    whole = project(service("db"))
    point = MountPoint(type="volume", target="/cache", name="a" * 64)
    seen = world(whole, live(whole, "db", status="exited", mounts=[point]))

    assert plan_rm(whole, seen, None, stop=False, volumes=False).losses == ()
    assert [str(one) for one in plan_rm(whole, seen, None, stop=False, volumes=True).losses] == [
        "anonymous volume at /cache of demo-db-1"
    ]


def test_an_anonymous_volume_that_somebody_else_has_mounted_too_is_not_lost() -> None:
    whole = project(service("db"), service("web"))
    point = MountPoint(type="volume", target="/cache", name="a" * 64)
    both = [live(whole, name, mounts=[point]) for name in ("db", "web")]
    options = DownOptions(volumes=True, services=("db",))

    plan = plan_down("demo", whole, world(whole, *both), options)

    assert [s.operation for s in plan.steps if isinstance(s.operation, Remove)] == [
        Remove("demo-db-1", volumes=True)
    ]
    assert plan.losses == ()


# -- what is asked, and what comes of it ----------------------------------------------


def test_agreed_the_volume_and_its_users_are_new_and_nobody_else_is() -> None:
    whole, engine = running(database(), service("web", command=("sleep", "infinity")))
    before = {name: live.id for name, live in engine.containers.items()}

    done = up(whole, engine, "demo_data")

    assert engine.volumes["demo_data"].options == NEW
    after = {name: live.id for name, live in engine.containers.items()}
    assert after.keys() == before.keys()
    assert after["demo-web-1"] == before["demo-web-1"]
    assert after["demo-db-1"] != before["demo-db-1"]
    assert removed_volumes(done.plan) == [loss.volume for loss in done.plan.losses]
    assert up(whole, engine, "demo_data").plan == Plan()


def test_refused_the_volume_stays_and_the_rest_goes_on() -> None:
    whole, engine = running(database(), service("web", command=("sleep", "infinity")))
    changed = replace(whole.services["web"], environment={"A": "1"})
    whole = replace(whole, services={**whole.services, "web": changed})
    before = engine.containers["demo-db-1"].id

    done = up(whole, engine)

    assert engine.volumes["demo_data"].options == {}
    assert engine.containers["demo-db-1"].id == before
    assert engine.containers["demo-web-1"].spec.config.environment == {"A": "1"}
    assert done.plan.losses == ()
    assert [warning.message for warning in done.warnings] == [
        "volume 'demo_data' was created with another configuration, driver_opts.o; "
        "it is kept as it is"
    ]


def test_who_is_asked_learns_the_size_the_users_and_what_changed() -> None:
    whole, engine = running(database())
    asked: list[Loss] = []
    bring_up(
        whole, engine, UP, lambda event: None, confirm=lambda losses: asked.extend(losses) or ()
    )

    assert [str(loss) for loss in asked] == ["volume demo_data, 48 MiB, last used by demo-db-1"]
    assert [(c.field, c.old, c.new) for c in asked[0].changes] == [
        ("driver_opts.o", None, "'size=20m'")
    ]


def test_a_guest_of_the_volumes_goes_and_comes_with_its_host() -> None:
    whole, engine = running(
        database(), service("job", command=("sleep", "infinity"), volumes_from=("db",))
    )
    up(whole, engine, "demo_data")

    assert engine.volumes["demo_data"].options == NEW
    assert {name: live.running for name, live in engine.containers.items()} == {
        "demo-db-1": True,
        "demo-job-1": True,
    }


@pytest.mark.parametrize(
    "options", [UpOptions(services=("db",)), UpOptions(recreate=Recreate.NEVER)]
)
def test_a_volume_is_not_even_asked_for_while_somebody_who_stays_uses_it(
    options: UpOptions,
) -> None:
    whole, engine = running(database(), database("web"))
    before = {name: live.id for name, live in engine.containers.items()}

    done = up(whole, engine, "demo_data", options=options)

    assert engine.volumes["demo_data"].options == {}
    assert {name: live.id for name, live in engine.containers.items()} == before
    assert "cannot be made anew" in done.warnings[-1].message


def test_a_container_of_another_project_keeps_a_volume_from_being_made_anew() -> None:
    whole, engine = running(database())
    shared = Volume(name="demo_data", external=True)
    other = replace(
        project(database("spy"), volumes=["data"]), name="other", volumes={"data": shared}
    )
    engine.tag("spy:1", "spy")
    up(other, engine)

    done = up(whole, engine, "demo_data")

    assert engine.volumes["demo_data"].options == {}
    assert done.warnings[-1].message == (
        "volume 'demo_data' cannot be made anew: other-spy-1 uses it, which is to stay"
    )


def test_the_plan_says_what_would_be_lost_and_what_is_lost_if_that_is_agreed() -> None:
    whole, engine = running(database())

    careful = foresee(whole, engine, UP)
    bold = foresee(whole, engine, UP, confirm=lambda losses: [loss.volume for loss in losses])

    assert (careful.steps, careful.losses) == ((), ())
    assert careful.open_questions == (
        "demo_data differs from the file; made anew, this would be lost: "
        "volume demo_data, 48 MiB, last used by demo-db-1",
    )
    assert removed_volumes(bold) == ["demo_data"]
    assert [str(loss) for loss in bold.losses] == [
        "volume demo_data, 48 MiB, last used by demo-db-1"
    ]
    assert bold.open_questions == ()
