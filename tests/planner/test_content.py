"""The content of configs, secrets and env files is part of what a container is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from composer.loader.contents import with_contents
from composer.model.names import Label
from composer.model.observed import ObservedContainer
from composer.model.options import UpOptions
from composer.model.project import FileObject, Project
from composer.model.service import FileReference
from composer.planner.content import content_label
from composer.planner.desire import container_spec
from composer.planner.up import plan_up
from support.loading import project_of
from support.plans import assert_plan, live, project, service, world

UP = UpOptions()


def with_config(content: str, **attributes: object) -> Project:
    web = service("web", configs=(FileReference(source="site"),), **attributes)
    site = FileObject(name="demo_site", content=content)
    return replace(project(web), configs={"site": site})


def with_secret(content: str | None, file: str | None = None) -> Project:
    web = service("web", secrets=(FileReference(source="key"),))
    return replace(
        project(web), secrets={"key": FileObject(name="demo_key", content=content, file=file)}
    )


def made(whole: Project) -> ObservedContainer:
    """Return the container that composer made of the service web."""
    return live(whole, "web", labels={Label.CONTENT: content_label(whole, whole.services["web"])})


def test_another_content_of_a_config_replaces_its_users() -> None:
    before, now = with_config("one"), with_config("two")
    old, new = (content_label(p, p.services["web"]).partition("=")[2][:12] for p in (before, now))
    aside = f"{made(before).id[:12]}_demo-web-1"
    assert_plan(
        plan_up(now, world(now, made(before)), UP),
        f"""
        1. rename demo-web-1 to {aside} (its successor takes the name)
        2. create container demo-web-1 (the content of config 'site' changed) after 1
             configs.site: {old} → {new}
        3. stop {aside} (replaced: the content of config 'site' changed) after 2
        4. start demo-web-1 (new container) after 3
        5. remove {aside} (it is replaced) after 4
        """,
    )


def test_the_same_content_is_nothing_to_do() -> None:
    whole = with_config("one")
    assert not plan_up(whole, world(whole, made(whole)), UP)


def test_a_container_of_docker_compose_is_not_replaced_for_lack_of_a_digest() -> None:
    whole = with_config("one")
    assert not plan_up(whole, world(whole, live(whole, "web")), UP)


def test_what_was_not_read_when_the_container_was_made_is_not_known_to_differ(
    tmp_path: Path,
) -> None:
    file = tmp_path / "key"
    before = with_contents(with_secret(None, str(file)))
    file.write_text("there now")
    now = with_contents(before)
    assert not plan_up(now, world(now, made(before)), UP)


def test_a_rotated_secret_replaces_its_users_and_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("hunter2")
    before = with_contents(with_secret(None, str(file)))
    file.write_text("hunter3")
    now = with_contents(before)
    plan = plan_up(now, world(now, made(before)), UP)
    assert "the content of secret 'key' changed" in {step.reason for step in plan.steps}
    assert "hunter" not in repr(plan)
    assert "hunter" not in repr(now)


def test_no_content_is_shown_by_what_holds_it() -> None:
    for whole in (with_config("hunter2"), with_secret("hunter2")):
        spec = container_spec(whole, whole.services["web"], 1)
        assert "hunter2" not in repr(whole) + repr(spec)


def test_one_secret_has_another_digest_in_another_project() -> None:
    one = with_secret("hunter2")
    other = replace(one, name="other")
    labels = {content_label(p, p.services["web"]) for p in (one, other)}
    assert len(labels) == 2


def test_the_digest_is_in_a_label_of_its_own_and_not_in_the_config_hash() -> None:
    one, other = (container_spec(p, p.services["web"], 1) for p in map(with_config, "ab"))
    assert one.digest == other.digest
    assert one.labels[Label.SETTLED] == other.labels[Label.SETTLED]
    assert one.labels[Label.CONTENT] != other.labels[Label.CONTENT]
    assert Label.CONTENT not in container_spec(project(service("db")), service("db"), 1).labels


def test_a_directory_and_a_file_that_is_not_there_have_no_content(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        whole = with_contents(with_secret(None, str(path)))
        assert not content_label(whole, whole.services["web"])


def test_an_env_file_counts_as_the_variables_that_it_holds(tmp_path: Path) -> None:
    """As in Docker Compose, whose config hash has them too."""
    text = "services: {web: {image: web:1, env_file: app.env}}"
    (tmp_path / "app.env").write_text("COLOUR=red")
    before = project_of(tmp_path, text)
    (tmp_path / "app.env").write_text("COLOUR=blue")
    now = project_of(tmp_path, text)
    plan = plan_up(now, world(now, live(before, "web")), UP)
    assert [c.field for step in plan.steps for c in step.changes] == ["environment.COLOUR"]
    assert plan.effects == {"web": "replacement"}
