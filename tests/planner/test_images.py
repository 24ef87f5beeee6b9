from __future__ import annotations

from dataclasses import replace

import pytest

from composer.model.build import Build
from composer.model.observed import ObservedImage
from composer.model.operations import BuildImage, PullImage
from composer.model.options import BuildOptions, ImageOptions, PullOptions
from composer.model.plan import Plan
from composer.model.project import FileObject
from composer.model.service import Service
from composer.planner.desire import canonical_name, image_ref
from composer.planner.images import build_spec, plan_images, renewed
from composer.planner.pull import plan_pull
from support.plans import assert_plan, live, project, service, world

HOUR = 3600
HERE = {"web:1": ObservedImage(id="sha256:1", tagged_at=1000 * HOUR)}
NOW = ImageOptions(now=1000 * HOUR + 25 * HOUR)
BUILT = service("web", build=Build(context="/demo"))


def plan(one: Service, images: dict[str, ObservedImage], options: ImageOptions = NOW) -> Plan:
    return plan_images(project(one), [one], images, options)


def test_a_missing_image_is_pulled() -> None:
    assert_plan(plan(service("web"), {}), "1. pull image web:1 (not on this engine)")


def test_an_image_that_is_there_is_left_alone() -> None:
    assert plan(service("web"), HERE) == Plan()


def test_an_image_of_two_services_is_pulled_once() -> None:
    two = [service("a", image="same:1"), service("b", image="same:1")]
    assert len(plan_images(project(*two), two, {}, NOW).steps) == 1


def test_a_service_that_can_be_built_is_built_not_pulled() -> None:
    assert_plan(plan(BUILT, {}), "1. build image web:1 (not on this engine)")


def test_build_builds_what_is_there_already() -> None:
    assert_plan(
        plan(BUILT, HERE, replace(NOW, build=True)), "1. build image web:1 (asked for by --build)"
    )


def test_no_build_refuses_when_the_image_has_no_name_and_names_the_service() -> None:
    unnamed = Service(name="web", build=Build(context="/demo"))
    [error] = plan(unnamed, {}, replace(NOW, no_build=True)).errors
    assert error.message == (
        "service 'web' needs image 'demo-web', which is not on this engine, "
        "and --no-build forbids to build it"
    )


def test_no_build_pulls_an_image_that_has_a_name() -> None:
    assert_plan(
        plan(BUILT, {}, replace(NOW, no_build=True)),
        "1. pull image web:1 (--no-build forbids to build it)",
    )


def test_no_build_does_not_pull_what_is_never_pulled() -> None:
    [error] = plan(replace(BUILT, pull_policy="never"), {}, replace(NOW, no_build=True)).errors
    assert "--no-build forbids to build it" in error.message


def test_an_image_that_one_service_builds_is_not_pulled_for_another() -> None:
    worker = service("worker", image="web:1", pull_policy="never")
    both = [worker, BUILT]
    planned = plan_images(project(*both), both, {}, NOW)
    assert_plan(planned, "1. build image web:1 (not on this engine)")
    assert planned.errors == ()


def test_pull_always_renews_the_base_of_what_is_built_here() -> None:
    [step] = plan(BUILT, HERE, replace(NOW, pull="always")).steps
    assert isinstance(step.operation, BuildImage)
    assert step.operation.spec.pull


def test_the_image_that_another_is_built_upon_is_built_though_nobody_asked() -> None:
    base = Service(name="base", build=Build(context="/base"))
    contexts = {"base": "service:base"}
    app = Service(name="app", build=Build(context="/app", additional_contexts=contexts))
    planned = plan_images(project(base, app), [app], {}, NOW)
    assert [step.id for step in planned.steps] == ["build image demo-base", "build image demo-app"]
    [_, step] = planned.steps
    assert isinstance(step.operation, BuildImage)
    assert step.operation.spec.build.additional_contexts == {"base": "docker-image://demo-base"}


def test_images_built_upon_each_other_are_an_error() -> None:
    a = Service(name="a", build=Build(context="/a", additional_contexts={"x": "service:b"}))
    b = Service(name="b", build=Build(context="/b", additional_contexts={"x": "service:a"}))
    [error] = plan_images(project(a, b), [a, b], {}, NOW).errors
    assert error.message == "images are built upon each other: a -> b -> a"


@pytest.mark.parametrize(
    ("policy", "pulled"),
    [
        ("always", True),
        ("missing", False),
        ("never", False),
        ("daily", True),
        ("weekly", False),
        ("every_12h", True),
        ("every_2d", False),
    ],
)
def test_a_pull_policy_decides_about_an_image_that_is_there(policy: str, pulled: bool) -> None:
    assert bool(plan(service("web", pull_policy=policy), HERE)) is pulled


def test_when_an_image_came_is_kept_if_any_of_its_services_asks_for_its_age() -> None:
    two = [service("a", image="same:1", pull_policy="daily"), service("b", image="same:1")]
    for services in (two, two[::-1]):
        whole = project(*services)
        pulls = (
            *plan_images(whole, services, {}, NOW).steps,
            *plan_pull(whole, services, {}, PullOptions()).steps,
        )
        assert [step.operation for step in pulls] == [PullImage("same:1", dated=True)] * 2
    assert plan(service("web"), {}).steps[0].operation == PullImage("web:1")


def test_never_refuses_when_the_image_is_missing() -> None:
    [error] = plan(service("web", pull_policy="never"), {}).errors
    assert "pull_policy is 'never'" in error.message
    [error] = plan(service("web"), {}, replace(NOW, pull="never")).errors
    assert "--pull is 'never'" in error.message


def test_the_flag_may_say_that_all_is_built_and_nothing_pulled() -> None:
    said = replace(NOW, pull="build")
    built = replace(BUILT, image="web:1", pull_policy="never")
    assert_plan(plan(built, HERE, said), "1. build image web:1 (pull policy is 'build')")
    assert plan(service("web", image="web:1"), HERE, said) == Plan()
    [error] = plan(service("web"), {}, said).errors
    assert "--pull is 'build'" in error.message


def test_the_flag_wins_over_the_policy_of_the_file() -> None:
    one = service("web", pull_policy="never")
    assert_plan(
        plan(one, HERE, replace(NOW, pull="always")),
        "1. pull image web:1 (pull policy is 'always')",
    )


def test_an_image_built_upon_another_services_image_comes_after_it() -> None:
    base = service("base", build=Build(context="/base"))
    top = service("top", build=Build(context="/top", additional_contexts={"base": "service:base"}))
    assert_plan(
        plan_images(project(top, base), [top, base], {}, NOW),
        """
        1. build image base:1 (not on this engine)
        2. build image top:1 (not on this engine) after 1
        """,
    )


def test_the_tags_of_a_build_begin_with_the_name_the_service_uses() -> None:
    unnamed = Service(name="web", build=Build(context="/demo", tags=("extra:2",)))
    spec = build_spec(project(unnamed), unnamed, BuildOptions())
    assert spec.tags == ("demo-web", "extra:2")


def test_arguments_of_the_command_line_win_and_labels_are_added() -> None:
    one = service("web", build=Build(context="/demo", args={"A": "file", "B": "file"}))
    spec = build_spec(project(one), one, BuildOptions(args={"A": "flag"}))
    assert spec.build.args == {"A": "flag", "B": "file"}
    assert spec.labels["com.docker.compose.service"] == "web"


def test_build_secrets_are_named_by_their_target() -> None:
    from composer.model.build import BuildSecret

    build = Build(context="/demo", secrets=(BuildSecret(source="key", target="id"),))
    one = service("web", build=build)
    whole = replace(project(one), secrets={"key": FileObject(name="demo_key", file="/demo/key")})
    assert build_spec(whole, one, BuildOptions()).secrets == {"id": "/demo/key"}


def test_a_container_that_stays_is_told_to_depend_on_the_image_that_comes() -> None:
    one, other = service("web", image="same:1"), service("db")
    whole = project(one, other)
    observed = world(whole, live(whole, "web"), live(whole, "db"))
    images = plan_images(whole, [one], observed.images, ImageOptions(pull="always"))
    questions = renewed(whole, [one, other], observed, images, Plan())
    assert list(questions) == ["demo-web-1 is replaced if same:1 turns out to be another image"]


def test_names_are_joined_with_what_the_project_says() -> None:
    one = Service(name="web", build=Build(context="/demo"))
    old = replace(project(one), separator="_")
    assert image_ref(old, one) == "demo_web"
    assert canonical_name(old, one, 1) == "demo_web_1"


def test_a_service_without_a_platform_gets_the_projects() -> None:
    one, own = service("one"), service("own", platform="linux/arm64")
    whole = replace(project(one, own), default_platform="linux/amd64")
    steps = plan_images(whole, [one, own], {}, NOW).steps
    assert [step.operation for step in steps] == [
        PullImage("one:1", "linux/amd64"),
        PullImage("own:1", "linux/arm64"),
    ]
