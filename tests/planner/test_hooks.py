from __future__ import annotations

from dataclasses import replace

from composer.model.names import Label, aside_name
from composer.model.observed import ContainerState, Observed, ObservedContainer
from composer.model.operations import CreateContainer, RunHook
from composer.model.options import DownOptions, ImageOptions, Recreate, UpOptions
from composer.model.plan import Plan
from composer.model.project import Project
from composer.model.resources import ContainerSpec
from composer.model.service import Dependency, Hook, Port, Service
from composer.planner.down import plan_down
from composer.planner.hooks import hook_images
from composer.planner.images import plan_images
from composer.planner.lifecycle import plan_restart, plan_start, plan_stop
from composer.planner.started import created
from composer.planner.up import plan_up
from support.plans import assert_plan, live, project, service, volume, world

UP = UpOptions()
MIGRATE = Hook(command=("migrate",), image="web:1")
SEED = Hook(command=("seed",), image="seed:1")
ASIDE = aside_name(live(project(service("web")), "web").id, "demo-web-1")


def one(**attributes: object) -> Project:
    """A project with a service web."""
    return project(service("web", **attributes), volumes=["data"])


def hook_specs(plan: Plan) -> list[ContainerSpec]:
    creates = [s.operation for s in plan.steps if isinstance(s.operation, CreateContainer)]
    return [create.spec for create in creates if create.spec.hook]


def left_over(demo: Project, *, status: str = "exited", index: int = 0) -> ObservedContainer:
    """Return what a pre_start hook of web left behind when it failed."""
    labels = {Label.PROJECT: "demo", Label.SERVICE: "web", Label.HOOK: "pre_start"}
    return ObservedContainer(
        id="f" * 64,
        name=f"demo-web-pre_start-{index}",
        image="web:1",
        image_id="sha256:web:1",
        state=ContainerState(status=status, exit_code=3),
        labels={str(key): value for key, value in labels.items()},
    )


def test_pre_start_runs_between_the_creation_of_a_container_and_its_start() -> None:
    demo = one(pre_start=(MIGRATE,))
    assert_plan(
        plan_up(demo, world(demo), UP),
        """
        1. create container demo-web-1 (no container yet)
        2. create container demo-web-pre_start-0 (pre_start[0] of service 'web') after 1
        3. start demo-web-pre_start-0 (pre_start[0] of service 'web') after 2
        4. wait until demo-web-pre_start-0 has completed ('web' starts when it is so) after 3
        5. remove demo-web-pre_start-0 (it has completed) after 4
        6. start demo-web-1 (new container) after 5
        """,
    )


def test_pre_start_hooks_run_one_after_the_other_in_their_order() -> None:
    demo = one(pre_start=(MIGRATE, SEED))
    assert_plan(
        plan_up(demo, world(demo, live(demo, "web", status="exited")), UP),
        """
        1. create container demo-web-pre_start-0 (pre_start[0] of service 'web')
        2. start demo-web-pre_start-0 (pre_start[0] of service 'web') after 1
        3. wait until demo-web-pre_start-0 has completed ('web' starts when it is so) after 2
        4. remove demo-web-pre_start-0 (it has completed) after 3
        5. create container demo-web-pre_start-1 (pre_start[1] of service 'web') after 4
        6. start demo-web-pre_start-1 (pre_start[1] of service 'web') after 5
        7. wait until demo-web-pre_start-1 has completed ('web' starts when it is so) after 6
        8. remove demo-web-pre_start-1 (it has completed) after 7
        9. start demo-web-1 (it exited with code 0) after 8
        """,
    )


def test_pre_start_waits_for_what_its_service_depends_on() -> None:
    web = service(
        "web",
        pre_start=(MIGRATE,),
        depends_on={"db": Dependency(condition="service_healthy")},
    )
    demo = project(web, service("db"))
    plan = plan_up(demo, world(demo), UP)
    [create] = [s for s in plan.steps if s.id == "create container demo-web-pre_start-0"]
    assert "wait until db is healthy" in create.after


def test_pre_start_does_not_run_while_a_replica_does() -> None:
    demo = one(pre_start=(MIGRATE,), scale=2)
    plan = plan_up(demo, world(demo, live(demo, "web")), UP)
    assert hook_specs(plan) == []
    assert "start demo-web-2" in {step.id for step in plan.steps}


def test_pre_start_runs_when_all_replicas_are_replaced() -> None:
    demo = one(pre_start=(MIGRATE,))
    plan = plan_up(demo, world(demo, live(demo, "web")), replace(UP, recreate=Recreate.FORCE))
    [create] = [s for s in plan.steps if s.id == "create container demo-web-pre_start-0"]
    done = {step.id for step in plan.steps[: plan.steps.index(create)]}
    assert f"stop {ASIDE}" in done


def test_who_is_replaced_is_kept_until_post_start_has_run() -> None:
    demo = one(post_start=(Hook(command=("a",)),))
    plan = plan_up(demo, world(demo, live(demo, "web")), replace(UP, recreate=Recreate.FORCE))
    [remove] = [s for s in plan.steps if s.id == f"remove {ASIDE}"]
    assert "run post_start[0] in demo-web-1" in remove.after


def test_a_hook_for_each_replica_runs_once_for_each_that_is_started() -> None:
    each = replace(MIGRATE, per_replica=True)
    demo = one(pre_start=(each,), scale=3)
    plan = plan_up(demo, world(demo, live(demo, "web")), UP)
    assert [(spec.name, spec.config.volumes_from) for spec in hook_specs(plan)] == [
        ("demo-web-pre_start-0-2", ("demo-web-2",)),
        ("demo-web-pre_start-0-3", ("demo-web-3",)),
    ]
    [start] = [s for s in plan.steps if s.id == "start demo-web-2"]
    assert {"remove demo-web-pre_start-0-2", "remove demo-web-pre_start-0-3"} <= start.after


def test_a_hook_runs_as_its_service_would_but_is_neither_seen_nor_started_again() -> None:
    demo = one(
        command=("serve",),
        entrypoint=("/entry",),
        environment={"A": "1", "B": "2"},
        labels={"proxy": "on"},
        ports=(Port(target=80, published="80", protocol="tcp"),),
        pre_start=(replace(MIGRATE, environment={"B": "3"}),),
        restart="always",
        user="7",
        volumes=(volume("data", "/data"),),
        working_dir="/srv",
    )
    [spec] = hook_specs(plan_up(demo, world(demo), UP))
    config = spec.config
    assert (config.command, config.entrypoint) == (("migrate",), ("/entry",))
    assert config.environment == {"A": "1", "B": "3"}
    assert (config.user, config.working_dir) == ("7", "/srv")
    assert config.volumes_from == ("demo-web-1",)
    assert list(config.networks) == ["demo_default"]
    assert (config.ports, config.mounts, config.labels) == ((), (), {})
    assert config.restart.name == "no"
    assert spec.labels == {
        "com.docker.compose.hook": "pre_start",
        "com.docker.compose.project": "demo",
        "com.docker.compose.service": "web",
        "com.docker.compose.version": "2.40.3",
    }


def test_what_a_hook_says_of_itself_wins_and_another_image_has_its_own_entrypoint() -> None:
    hook = Hook(command=("x",), image="seed:1", user="root", working_dir="/", privileged=True)
    demo = one(pre_start=(hook,), entrypoint=("/entry",), user="7", working_dir="/srv")
    [spec] = hook_specs(plan_up(demo, world(demo), UP))
    config = spec.config
    assert (config.image, config.entrypoint) == ("seed:1", None)
    assert (config.user, config.working_dir, config.privileged) == ("root", "/", True)


def test_a_hook_without_an_image_has_that_which_is_built_for_its_service() -> None:
    demo = one(image=None, pre_start=(Hook(command=("migrate",)),))
    [spec] = hook_specs(plan_up(demo, world(demo), UP))
    assert spec.config.image == "demo-web"


def test_a_hook_is_in_the_namespace_of_the_container_that_stands_for_the_other_service() -> None:
    demo = project(
        service("db"), service("web", network_mode="service:db", networks={}, pre_start=(MIGRATE,))
    )
    [spec] = hook_specs(plan_up(demo, world(demo, live(demo, "db", number=3)), UP))
    assert spec.config.network_mode == "container:demo-db-3"


def test_a_hook_is_no_replica() -> None:
    demo = one(pre_start=(MIGRATE,))
    plan = plan_up(demo, world(demo), UP)
    assert [name for name, _ in created(demo, plan)] == ["demo-web-1"]


def test_what_a_failed_hook_left_is_removed_before_it_runs_again() -> None:
    demo = one(pre_start=(MIGRATE,))
    observed = world(demo, live(demo, "web", status="created"), left_over(demo))
    assert_plan(
        plan_up(demo, observed, UP),
        """
        1. remove ffffffffffff (demo-web-pre_start-0, left over from a hook)
        2. create container demo-web-pre_start-0 (pre_start[0] of service 'web') after 1
        3. start demo-web-pre_start-0 (pre_start[0] of service 'web') after 2
        4. wait until demo-web-pre_start-0 has completed ('web' starts when it is so) after 3
        5. remove demo-web-pre_start-0 (it has completed) after 4
        6. start demo-web-1 (it is created, not running) after 5
        """,
    )


def test_a_hook_that_still_runs_is_stopped_before_it_runs_again() -> None:
    demo = one(pre_start=(MIGRATE,))
    observed = world(demo, live(demo, "web", status="created"), left_over(demo, status="running"))
    plan = plan_up(demo, observed, UP)
    assert [step.id for step in plan.steps[:3]] == [
        "stop ffffffffffff",
        "remove ffffffffffff",
        "create container demo-web-pre_start-0",
    ]


def test_the_image_of_a_hook_is_pulled_like_that_of_its_service() -> None:
    demo = one(pre_start=(MIGRATE, SEED))
    web = demo.services["web"]
    assert [other.image for other in hook_images(demo, web)] == ["seed:1"]
    plan = plan_images(demo, [web], {}, ImageOptions())
    assert [step.id for step in plan.steps] == ["pull image web:1", "pull image seed:1"]


def test_post_start_comes_after_the_start_and_before_who_waits_for_it() -> None:
    db = service("db", post_start=(Hook(command=("a",)), Hook(command=("b",))))
    web = service("web", depends_on={"db": Dependency()})
    demo = project(web, db)
    assert_plan(
        plan_up(demo, world(demo), UP),
        """
        1. create container demo-db-1 (no container yet)
        2. create container demo-web-1 (no container yet)
        3. start demo-db-1 (new container) after 1
        4. run post_start[0] in demo-db-1 (post_start of service 'db') after 3
        5. run post_start[1] in demo-db-1 (post_start of service 'db') after 4
        6. start demo-web-1 (new container) after 2, 5
        """,
    )


def test_a_wait_for_health_begins_after_post_start() -> None:
    db = service("db", post_start=(Hook(command=("a",)),))
    web = service("web", depends_on={"db": Dependency(condition="service_healthy")})
    demo = project(web, db)
    plan = plan_up(demo, world(demo), UP)
    [wait] = [s for s in plan.steps if s.id == "wait until db is healthy"]
    assert "run post_start[0] in demo-db-1" in wait.after


def test_no_start_runs_no_hook() -> None:
    demo = one(pre_start=(MIGRATE,), post_start=(Hook(command=("a",)),))
    plan = plan_up(demo, world(demo), replace(UP, start=False))
    assert [step.id for step in plan.steps] == ["create container demo-web-1"]


def test_a_changed_hook_is_no_reason_to_do_anything() -> None:
    before = service("web", post_start=(Hook(command=("a",)),))
    demo = one(post_start=(Hook(command=("b",)),), pre_start=(MIGRATE,))
    assert plan_up(demo, world(demo, live(demo, "web", as_it_was=before)), UP) == Plan()


def test_start_runs_hooks_too_and_takes_away_what_a_failed_one_left() -> None:
    demo = one(pre_start=(MIGRATE,), post_start=(Hook(command=("a",)),))
    observed = world(demo, live(demo, "web", status="exited"), left_over(demo))
    assert_plan(
        plan_start(demo, demo.services, observed, None),
        """
        1. remove ffffffffffff (demo-web-pre_start-0, left over from a hook)
        2. create container demo-web-pre_start-0 (pre_start[0] of service 'web') after 1
        3. start demo-web-pre_start-0 (pre_start[0] of service 'web') after 2
        4. wait until demo-web-pre_start-0 has completed ('web' starts when it is so) after 3
        5. remove demo-web-pre_start-0 (it has completed) after 4
        6. start demo-web-1 (asked for by start) after 5
        7. run post_start[0] in demo-web-1 (post_start of service 'web') after 6
        """,
    )


def test_a_restart_runs_what_stops_before_it_and_what_starts_after_it() -> None:
    demo = one(
        pre_start=(MIGRATE,),
        post_start=(Hook(command=("a",)),),
        pre_stop=(Hook(command=("b",)),),
    )
    assert_plan(
        plan_restart(demo, demo.services, world(demo, live(demo, "web")), None, None),
        """
        1. run pre_stop[0] in demo-web-1 (pre_stop of service 'web')
        2. restart demo-web-1 (asked for by restart) after 1
        3. run post_start[0] in demo-web-1 (post_start of service 'web') after 2
        """,
    )


STOPPING: Service = service("web", pre_stop=(Hook(command=("bye",)),))


def test_pre_stop_comes_before_a_replacement_stops_the_container() -> None:
    demo = project(STOPPING)
    plan = plan_up(demo, world(demo, live(demo, "web")), replace(UP, recreate=Recreate.FORCE))
    [stop] = [s for s in plan.steps if s.id == f"stop {ASIDE}"]
    assert f"run pre_stop[0] in {ASIDE}" in stop.after


def test_pre_stop_comes_before_down_and_stop() -> None:
    demo = project(STOPPING)
    running = world(demo, live(demo, "web"))
    assert_plan(
        plan_stop(demo, running, None, None),
        """
        1. run pre_stop[0] in demo-web-1 (pre_stop of service 'web')
        2. stop demo-web-1 (asked for by stop) after 1
        """,
    )
    assert_plan(
        plan_down("demo", demo, running, DownOptions()),
        """
        1. run pre_stop[0] in demo-web-1 (pre_stop of service 'web')
        2. stop demo-web-1 (asked for by down) after 1
        3. remove demo-web-1 (asked for by down) after 2
        4. remove network demo_default (asked for by down) after 3
        """,
    )


def test_a_dependency_runs_pre_stop_once_its_dependents_are_stopped() -> None:
    db = replace(STOPPING, name="db", image="db:1")
    demo = project(service("web", depends_on={"db": Dependency()}), db)
    plan = plan_stop(demo, world(demo, live(demo, "db"), live(demo, "web")), None, None)
    assert [step.id for step in plan.steps] == [
        "stop demo-web-1",
        "run pre_stop[0] in demo-db-1",
        "stop demo-db-1",
    ]


def test_without_the_file_and_for_orphans_nobody_knows_of_pre_stop() -> None:
    demo = project(STOPPING)
    running = world(demo, live(demo, "web"))
    other = project(service("other"))
    for plan in (
        plan_down("demo", None, running, DownOptions()),
        plan_down("demo", other, running, DownOptions(remove_orphans=True)),
        plan_stop(None, running, None, None),
    ):
        assert not any(isinstance(step.operation, RunHook) for step in plan.steps)


def test_a_container_that_stopped_by_itself_needs_no_pre_stop() -> None:
    demo = project(STOPPING)
    plan = plan_stop(demo, world(demo, live(demo, "web")), None, None)
    [hook] = [step for step in plan.steps if isinstance(step.operation, RunHook)]
    assert hook.tolerant
    halted = world(demo, live(demo, "web", status="exited"))
    assert plan_stop(demo, halted, None, None) == Plan()


def test_down_removes_what_a_failed_hook_left() -> None:
    demo = one(pre_start=(MIGRATE,))
    observed: Observed = world(demo, left_over(demo))
    plan = plan_down("demo", demo, observed, DownOptions())
    assert "remove demo-web-pre_start-0" in {step.id for step in plan.steps}
