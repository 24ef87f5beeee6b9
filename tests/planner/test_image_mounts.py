"""Images that are mounted (API 1.48): got beforehand, and part of what a container is."""

from __future__ import annotations

from dataclasses import replace

from composer.model.build import Build
from composer.model.names import Label
from composer.model.observed import Observed, ObservedContainer, ObservedImage
from composer.model.options import ImageOptions, UpOptions
from composer.model.project import Project
from composer.model.service import Mount
from composer.planner.desire import container_spec
from composer.planner.images import plan_images, renewed
from composer.planner.scope import interest
from composer.planner.up import plan_up
from support.plans import assert_plan, live, plan_text, project, service, world

UP = UpOptions()
TOOLS = Mount(type="image", source="tools:1", target="/tools")


def mounting(source: str = "tools:1", *more: object) -> Project:
    web = service("web", volumes=(replace(TOOLS, source=source),))
    return project(web, *more)  # type: ignore[arg-type]


def seen(whole: Project, *containers: ObservedContainer, tools: str = "sha256:new") -> Observed:
    observed = world(whole, *containers)
    return replace(observed, images={**observed.images, "tools:1": ObservedImage(id=tools)})


def mounted(whole: Project, images: str) -> ObservedContainer:
    return live(whole, "web", labels={Label.IMAGE_MOUNTS: images})


def test_an_image_that_is_mounted_is_pulled_first() -> None:
    whole = mounting()
    assert "tools:1" in interest(whole).images
    images = {"web:1": ObservedImage(id="sha256:web:1")}
    plan = plan_images(whole, whole.services.values(), images, ImageOptions())
    assert plan_text(plan) == "1. pull image tools:1 (not on this engine)"


def test_it_may_be_that_of_a_service_which_is_built() -> None:
    whole = mounting("tools", service("tools", image=None, build=Build(context="/demo")))
    plan = plan_images(
        whole, [whole.services["web"]], {"web:1": ObservedImage(id="1")}, ImageOptions()
    )
    assert [step.id for step in plan.steps] == ["build image demo-tools"]
    [mount] = container_spec(whole, whole.services["web"], 1).config.mounts
    assert mount.source == "demo-tools"


def test_a_container_notes_which_it_has_as_docker_compose_5_does() -> None:
    web = service("web", volumes=(TOOLS, replace(TOOLS, target="/again")))
    whole = project(web)
    spec = container_spec(whole, web, 1, images={"tools:1": ObservedImage(id="sha256:new")})
    noted = spec.labels["com.docker.compose.image-volume-digest"]
    assert noted == "/again=sha256:new,/tools=sha256:new"
    assert Label.IMAGE_MOUNTS not in container_spec(whole, web, 1).labels


def test_another_image_behind_the_name_replaces_the_container() -> None:
    whole = mounting()
    old = mounted(whole, "/tools=sha256:old")
    aside = f"{old.id[:12]}_demo-web-1"
    why = "image tools:1, which it mounts, is another one now"
    assert_plan(
        plan_up(whole, seen(whole, old), UP),
        f"""
        1. rename demo-web-1 to {aside} (its successor takes the name)
        2. create container demo-web-1 ({why}) after 1
             volumes./tools: old → new
        3. stop {aside} (replaced: {why}) after 2
        4. start demo-web-1 (new container) after 3
        5. remove {aside} (it is replaced) after 4
        """,
    )


def test_the_same_image_is_nothing_to_do() -> None:
    whole = mounting()
    assert not plan_up(whole, seen(whole, mounted(whole, "/tools=sha256:new")), UP)


def test_a_container_without_the_note_is_adopted() -> None:
    whole = mounting()
    assert not plan_up(whole, seen(whole, live(whole, "web")), UP)


def test_what_a_pull_may_bring_is_an_open_question() -> None:
    whole = mounting()
    observed = seen(whole, mounted(whole, "/tools=sha256:new"))
    images = plan_images(
        whole, whole.services.values(), observed.images, ImageOptions(pull="always")
    )
    rest = plan_up(whole, observed, UP)
    assert list(renewed(whole, whole.services.values(), observed, images, rest)) == [
        "demo-web-1 is replaced if web:1 turns out to be another image",
        "demo-web-1 is replaced if tools:1 turns out to be another image",
    ]
