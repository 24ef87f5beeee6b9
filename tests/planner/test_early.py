from __future__ import annotations

from dataclasses import replace

from composer.model.events import Outcome, StepFinished, StepStarted
from composer.model.observed import Begun, Observed
from composer.model.operations import Await, Start
from composer.model.options import ImageOptions, Recreate, UpOptions
from composer.model.plan import Plan, Step
from composer.model.project import FileObject, Project
from composer.model.service import Dependency, FileReference, Healthcheck, Hook, Mount, Service
from composer.planner.early import begun, both_stages, early
from composer.planner.images import plan_images
from composer.planner.up import plan_up
from support.plans import assert_plan, live, project, service, world

UP = UpOptions()
HEALTHY = {"db": Dependency(condition="service_healthy")}
PROBE = Healthcheck(test=("CMD", "true"))


def without(observed: Observed, *refs: str) -> Observed:
    images = {ref: image for ref, image in observed.images.items() if ref not in refs}
    return replace(observed, images=images)


def stages(whole: Project, observed: Observed, options: UpOptions = UP) -> tuple[Plan, Plan]:
    services = tuple(whole.services.values())
    images = plan_images(whole, services, observed.images, ImageOptions())
    return images, plan_up(whole, observed, options)


def early_ids(whole: Project, observed: Observed, options: UpOptions = UP) -> list[str]:
    return [step.id for step in early(whole, observed, *stages(whole, observed, options))]


def test_what_is_new_and_needs_no_image_that_is_to_come_goes_beside_the_pulls() -> None:
    whole = project(service("db"), service("web"))
    observed = without(world(whole, resources=False), "web:1")
    assert early_ids(whole, observed) == [
        "create network demo_default",
        "create container demo-db-1",
        "start demo-db-1",
    ]


def test_the_network_of_what_is_only_made_early_is_made_with_it() -> None:
    whole = project(service("db", depends_on={"web": Dependency()}), service("web"))
    observed = without(world(whole, resources=False), "web:1")
    observed = replace(observed, lenient_networks=True)
    assert early_ids(whole, observed) == []
    whole = project(service("db"), service("web"))
    assert early_ids(whole, observed, UpOptions(start=False)) == [
        "create network demo_default",
        "create container demo-db-1",
    ]


def test_networks_and_volumes_that_only_others_need_are_made_with_them() -> None:
    data = Mount(type="volume", source="data", target="/data")
    whole = project(
        service("db", networks={}, network_mode="none"),
        service("web", volumes=(data,)),
        volumes=("data",),
    )
    observed = without(world(whole, resources=False), "web:1")
    assert early_ids(whole, observed) == ["create container demo-db-1", "start demo-db-1"]


def test_who_needs_a_service_whose_image_is_to_come_waits_with_it() -> None:
    web = service("web", depends_on={"db": Dependency()})
    whole = project(service("db"), web, service("top", depends_on={"web": Dependency()}))
    observed = without(world(whole), "db:1")
    assert early_ids(whole, observed) == []


def test_waits_for_services_that_go_early_go_early_too() -> None:
    whole = project(
        service("db", healthcheck=PROBE), service("web", depends_on=HEALTHY), service("late")
    )
    observed = without(world(whole), "late:1")
    assert early_ids(whole, observed) == [
        "create container demo-db-1",
        "create container demo-web-1",
        "start demo-db-1",
        "wait until db is healthy",
        "start demo-web-1",
    ]


def test_a_wait_with_a_time_limit_is_left_to_the_second_stage() -> None:
    whole = project(service("db"), service("late"))
    observed = without(world(whole), "late:1")
    waiting = replace(UP, wait=True, wait_timeout=5)
    assert early_ids(whole, observed, waiting) == ["create container demo-db-1", "start demo-db-1"]


def test_nothing_that_runs_is_touched_before_all_images_are_there() -> None:
    whole = project(
        service("changed", environment={"A": "new"}),
        service("limited", pids_limit=100),
        service("user", depends_on={"changed": Dependency(restart=True)}),
        service("late"),
    )
    observed = without(
        world(
            whole,
            live(whole, "changed", as_it_was=service("changed")),
            live(whole, "limited", as_it_was=service("limited")),
            live(whole, "user"),
            live(whole, "gone", as_it_was=service("gone")),
        ),
        "late:1",
    )
    assert early_ids(whole, observed, replace(UP, remove_orphans=True)) == []


def test_what_stands_still_is_started_early_unless_its_own_image_is_to_come() -> None:
    whole = project(service("db"), service("late", pull_policy="always"))
    observed = world(
        whole, live(whole, "db", status="exited"), live(whole, "late", status="exited")
    )
    assert early_ids(whole, observed) == ["start demo-db-1"]


def test_a_service_with_hooks_is_left_to_the_second_stage() -> None:
    hook = Hook(command=("true",))
    whole = project(service("db", post_start=(hook,)), service("late"))
    assert early_ids(whole, without(world(whole), "late:1")) == []


def test_an_image_that_is_only_mounted_counts_as_well() -> None:
    mount = Mount(type="image", source="late:1", target="/x")
    whole = project(service("db", volumes=(mount,)), service("late"))
    assert early_ids(whole, without(world(whole), "late:1")) == []


def test_nothing_goes_early_where_data_would_be_lost() -> None:
    whole = project(service("db"), service("late"))
    observed = without(world(whole), "late:1")
    images, rest = stages(whole, observed)
    assert early(whole, observed, images, rest) != ()
    losing = replace(rest, losses=("volume x",))  # type: ignore[arg-type]
    assert early(whole, observed, images, losing) == ()


def test_the_whole_plan_says_what_comes_after_the_images_and_what_does_not() -> None:
    whole = project(service("db"), service("late"))
    observed = without(world(whole, resources=False), "late:1")
    images, rest = stages(whole, observed)
    assert_plan(
        both_stages(images, rest, early(whole, observed, images, rest)),
        """
        1. pull image late:1 (not on this engine)
        2. create network demo_default (missing)
        3. create container demo-db-1 (no container yet) after 2
        4. create container demo-late-1 (no container yet) after 1, 2
        5. start demo-db-1 (new container) after 3
        6. start demo-late-1 (new container) after 4
        """,
    )


# What the second stage knows of the first


def test_what_was_made_or_started_is_fresh_and_what_is_not_over_is_awaited() -> None:
    start, other = Step(Start("db"), "test"), Step(Start("web"), "test")
    wait = Step(Await("db", ("db",), "service_healthy"), "test")
    told = [StepStarted(start), StepFinished(start, Outcome.DONE), StepStarted(other)]
    assert begun([*told, StepStarted(wait)]) == Begun(frozenset({"db"}), frozenset({"db"}))
    over = [StepStarted(wait), StepFinished(wait, Outcome.DONE)]
    assert begun([*told, *over]) == Begun(frozenset({"db"}), frozenset())


def test_a_job_that_this_run_has_done_is_not_done_again() -> None:
    whole = project(service("job"))
    done = world(whole, live(whole, "job", status="exited"))
    assert [step.id for step in plan_up(whole, done, UP).steps] == ["start demo-job-1"]
    fresh = replace(done, begun=Begun(fresh=frozenset({"demo-job-1"})))
    assert plan_up(whole, fresh, UP).steps == ()


def test_what_this_run_has_made_but_not_started_is_started() -> None:
    whole = project(service("web"))
    observed = world(whole, live(whole, "web", status="created"))
    fresh = replace(observed, begun=Begun(fresh=frozenset({"demo-web-1"})))
    assert [step.id for step in plan_up(whole, fresh, UP).steps] == ["start demo-web-1"]


def test_what_this_run_has_made_has_its_configs_and_is_not_made_anew() -> None:
    bare = project(service("web", configs=(FileReference(source="site"),)))
    whole = replace(bare, configs={"site": FileObject(name="demo_site", content="x")})
    observed = world(whole, live(whole, "web", status="created"))
    assert "create container demo-web-1" in [s.id for s in plan_up(whole, observed, UP).steps]
    fresh = replace(observed, begun=Begun(fresh=frozenset({"demo-web-1"})))
    assert [step.id for step in plan_up(whole, fresh, UP).steps] == ["start demo-web-1"]


def test_force_recreate_does_not_make_anew_what_this_run_has_made() -> None:
    whole = project(service("web"))
    observed = world(whole, live(whole, "web"))
    forced = replace(UP, recreate=Recreate.FORCE)
    assert plan_up(whole, observed, forced).steps != ()
    fresh = replace(observed, begun=Begun(fresh=frozenset({"demo-web-1"})))
    assert plan_up(whole, fresh, forced).steps == ()


def test_a_wait_that_was_left_is_seen_to_its_end() -> None:
    db = service("db", healthcheck=PROBE)
    whole = project(db, service("web", depends_on=HEALTHY))
    observed = world(whole, live(whole, "db", health="healthy"))
    left = replace(observed, begun=Begun(awaited=frozenset({"demo-db-1"})))
    waits = [s.id for s in plan_up(whole, left, UP).steps if isinstance(s.operation, Await)]
    assert waits == ["wait until db is healthy"]


def test_dependents_of_a_service_with_hooks_wait_with_it() -> None:
    hooked: Service = service("db", pre_start=(Hook(command=("true",)),))
    whole = project(hooked, service("web", depends_on={"db": Dependency()}), service("late"))
    assert early_ids(whole, without(world(whole), "late:1")) == []
