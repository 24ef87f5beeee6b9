from __future__ import annotations

from typing import Any

import pytest

from composer.model.build import Build, BuildSecret
from composer.model.operations import BuildImage
from composer.model.options import BuildOptions, ImageOptions
from composer.model.plan import Plan
from composer.model.project import FileObject, Project
from composer.model.service import Service
from composer.planner.builds import build_spec, plan_builds, without_buildkit
from composer.planner.images import plan_images
from composer.record import replace
from composer.source import SourceFile, SourceMark
from support.plans import assert_plan, project


def built(name: str, image: str | None = None, **fields: Any) -> Service:
    return Service(name=name, image=image, build=Build(context="/demo", **fields))


def plan(project: Project, *names: str, **options: Any) -> Plan:
    services = [project.services[name] for name in names or project.services]
    return plan_builds(project, services, BuildOptions(**options))


def order(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def test_who_builds_upon_another_comes_after_it_and_it_is_built_though_nobody_named_it() -> None:
    one = project(built("a", additional_contexts={"base": "service:b"}), built("b"), built("c"))

    found = plan(one, "a")

    assert order(found) == ["build image demo-b", "build image demo-a"]
    [_, last] = found.steps
    assert last.after == {"build image demo-b"}
    assert isinstance(last.operation, BuildImage)
    assert last.operation.spec.upon == {"base": "b"}


def test_whose_dockerfile_names_the_image_of_another_comes_after_it() -> None:
    one = project(built("a"), built("b", "lib:1"), built("c"))
    one = replace(one, bases={"a": ("lib:1", "alpine"), "b": ("lib:1",)})

    found = plan(one)

    after = {step.id: set(step.after) for step in found.steps}
    assert after["build image demo-a"] == {"build image lib:1"}
    assert after["build image lib:1"] == after["build image demo-c"] == set()
    assert order(plan(one, "a")) == ["build image demo-a"]


@pytest.mark.parametrize(
    ("one", "place", "help"),
    [
        (built("Web"), ("build",), "give it a name with 'image'"),
        (built("web", "Shop"), ("image",), None),
        (built("web", "shop:a b"), ("image",), None),
        (built("web", "shop", tags=("shop:2", "a//b")), ("build", "tags", 1), None),
    ],
)
def test_a_name_that_no_image_can_have_is_refused_at_its_place_before_anything_is_built(
    one: Service, place: tuple[str | int, ...], help: str | None
) -> None:
    mark = SourceMark(SourceFile("compose.yaml", ""), 1, 1, 1)
    whole = replace(project(one), marks={("services", one.name, *place): mark})

    [problem] = plan(whole).errors
    [again] = plan_images(whole, [one], {}, ImageOptions()).errors

    assert (problem.mark, problem.help) == (mark, help)
    assert again == problem


@pytest.mark.parametrize(
    "name", ["shop", "a__b:V1", "a.b-c/d", "localhost:5000/x-y", "UP.example/x"]
)
def test_a_name_that_images_can_have_is_not_refused(name: str) -> None:
    assert plan(project(built("web", name))).errors == ()


def test_an_image_is_built_once_whether_its_tag_is_said_or_not() -> None:
    assert order(plan(project(built("a", "shop"), built("b", "shop:latest")))) == [
        "build image shop:latest"
    ]


def test_images_that_are_built_upon_each_other_are_an_error() -> None:
    one = project(built("a", "a:1"), built("b", "b:1"))
    one = replace(one, bases={"a": ("b:1",), "b": ("a:1",)})

    assert [problem.message for problem in plan(one).errors] == [
        "images are built upon each other: a -> b -> a"
    ]


def test_what_has_a_name_is_pushed_under_all_of_them() -> None:
    one = project(built("a", "a:1", tags=("a:2",)), built("b"))

    assert_plan(
        plan(one, push=True),
        """
        1. build image a:1 (asked for)
        2. build image demo-b (asked for)
        3. push image a:1 (asked for by --push) after 1
        4. push image a:2 (asked for by --push) after 3
        """,
    )


@pytest.mark.parametrize(
    "fields", [{"platforms": ("linux/amd64", "linux/arm64")}, {"sbom": "true"}]
)
def test_what_no_engine_can_hold_is_pushed_by_the_builder(fields: dict[str, Any]) -> None:
    one = project(built("a", "a:1", **fields))

    [step] = plan(one, push=True).steps

    assert isinstance(step.operation, BuildImage)
    assert step.operation.spec.push


def test_secrets_bring_what_their_variables_hold() -> None:
    secrets = {"s": FileObject(name="s", environment="S", content="hidden")}
    one = replace(project(built("a", secrets=(BuildSecret(source="s"),))), secrets=secrets)

    spec = build_spec(one, one.services["a"], BuildOptions())

    assert spec.secrets == {"s": "env:S"}
    assert spec.variables == {"S": "hidden"}
    assert "hidden" not in repr(spec)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, []),
        ({"provenance": "false", "cache_from": ("x",)}, []),
        ({"secrets": (BuildSecret(source="s"),), "ssh": {"default": None}}, ["secrets", "ssh"]),
        ({"additional_contexts": {"a": "b"}, "cache_to": ("c",)}, ["additional_contexts", "cache_to"]),  # noqa: E501 - one row
    ],
)  # fmt: skip
def test_each_thing_that_needs_buildkit_is_named(fields: dict[str, Any], named: list[str]) -> None:
    one = project(built("a", **fields))

    problems = without_buildkit(one, plan(one))

    assert [problem.message for problem in problems] == [
        f"the build of 'a' uses {name}, which needs BuildKit" for name in named
    ]
