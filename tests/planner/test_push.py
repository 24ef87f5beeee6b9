"""Pushes: into one repository after each other, into several at once."""

from __future__ import annotations

from composer.model.observed import ObservedImage
from composer.model.options import BuildOptions
from composer.model.plan import Plan
from composer.model.service import Build
from composer.planner.builds import plan_builds
from composer.planner.push import plan_push
from support.plans import project, service

APP = service("app", image="r.example/app:1", build=Build(context=".", tags=("r.example/app:2",)))
TOOL = service("tool", image="r.example/tool", build=Build(context="."))
WHOLE = project(APP, TOOL)


def pushes(plan: Plan) -> dict[str, set[str]]:
    """Return the pushes, and after which other pushes they come."""
    return {
        step.id: {one for one in step.after if one.startswith("push")}
        for step in plan.steps
        if step.id.startswith("push")
    }


ONE_BY_ONE = {
    "push image r.example/app:1": set(),
    "push image r.example/app:2": {"push image r.example/app:1"},
    "push image r.example/tool": set(),
}


def test_the_tags_of_one_repository_are_pushed_after_each_other() -> None:
    images = {ref: ObservedImage(id="sha256:1") for ref in ("r.example/app:1", "r.example/app:2")}
    images["r.example/tool"] = ObservedImage(id="sha256:2")

    assert pushes(plan_push(WHOLE, [APP, TOOL], images)) == ONE_BY_ONE


def test_so_are_those_of_what_has_just_been_built() -> None:
    plan = plan_builds(WHOLE, [APP], BuildOptions(push=True))

    assert pushes(plan) == {id: after for id, after in ONE_BY_ONE.items() if "tool" not in id}
