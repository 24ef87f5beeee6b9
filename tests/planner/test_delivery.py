"""How configs and secrets get into a container, and how new content of them does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from composer.actions.down import down as take_down
from composer.errors import EngineError, PlanFailed
from composer.model.names import Label
from composer.model.observed import MountPoint, ObservedContainer, ObservedVolume
from composer.model.operations import CreateVolume, Deliver, RemoveVolume
from composer.model.options import DownOptions, ImageOptions, UpOptions
from composer.model.project import Content, FileObject, Project, Volume
from composer.model.resources import ContainerFile, Delivery
from composer.model.service import FileReference, Mount
from composer.model.vicinity import Machine
from composer.planner.content import content_label
from composer.planner.delivery import files, kept_volume, perhaps_told
from composer.planner.desire import container_spec
from composer.planner.down import plan_down
from composer.planner.early import early
from composer.planner.images import plan_images
from composer.planner.up import plan_up
from composer.reconciler import bring_up, foresee
from support.engine import FakeEngine
from support.plans import assert_plan, live, plan_text, project, service, world

UP = UpOptions()
HUP = {"x-composer": {"reload": "SIGHUP"}}
FILE = Content(data=b"hello", uid=501, gid=20, mode=0o640)


def secret_file(*, elsewhere: bool = False, **reference: object) -> Project:
    """Return a project whose service web uses a secret that is a file here."""
    read_only = bool(reference.pop("read_only", False))
    secret = FileReference(source="key", **reference)  # type: ignore[arg-type]
    whole = project(service("web", secrets=(secret,), read_only=read_only))
    key = FileObject(name="demo_key", file="/demo/key")
    contents = {("secrets", "key"): FILE}
    return replace(whole, secrets={"key": key}, contents=contents, elsewhere=elsewhere)


def config(content: str, *, reference: object = None, entry: object = None, **attributes: object):  # type: ignore[no-untyped-def]
    """Return a project whose service web uses a config with a content of its own."""
    used = FileReference(source="site", target="/etc/site", extensions=reference or {})  # type: ignore[arg-type]
    site = FileObject(name="demo_site", content=content, extensions=entry or {})  # type: ignore[arg-type]
    whole = project(service("web", configs=(used,), **attributes))
    return replace(whole, configs={"site": site})


def mounted(whole: Project) -> list[tuple[str, str | None, str]]:
    spec = container_spec(whole, whole.services["web"], 1)
    return [(mount.type, mount.source, mount.target) for mount in spec.config.mounts]


def written(whole: Project) -> tuple[ContainerFile, ...]:
    return files(whole, whole.services["web"])


def made(whole: Project, **changes: object) -> ObservedContainer:
    label = content_label(whole, whole.services["web"])
    return replace(live(whole, "web", labels={Label.CONTENT: label}), **changes)  # type: ignore[arg-type]


def test_a_file_is_mounted_as_it_is() -> None:
    whole = secret_file()
    assert mounted(whole) == [("bind", "/demo/key", "/run/secrets/key")]
    assert not written(whole)


def test_a_file_with_an_owner_or_a_mode_is_written_in_and_keeps_the_rest_of_them() -> None:
    whole = secret_file(mode="0400", uid="1000")
    assert not mounted(whole)
    assert written(whole) == (
        ContainerFile(path="/run/secrets/key", content=b"hello", uid=1000, gid=20, mode=0o400),
    )


def test_a_content_belongs_to_root_and_all_may_read_it() -> None:
    assert written(config("a")) == (ContainerFile(path="/etc/site", content=b"a"),)


def test_a_file_is_sent_to_an_engine_on_another_machine() -> None:
    whole = secret_file(elsewhere=True, target="/etc/key")
    assert not mounted(whole)
    assert [file.path for file in written(whole)] == ["/etc/key"]


def test_a_file_that_was_not_read_is_mounted_whatever_is_asked() -> None:
    whole = replace(secret_file(mode="0400"), contents={})
    assert mounted(whole) == [("bind", "/demo/key", "/run/secrets/key")]


@pytest.mark.parametrize("target", [None, "key", "/key", "/run/secrets/key"])
def test_below_a_read_only_root_it_is_kept_in_a_volume(target: str | None) -> None:
    whole = secret_file(read_only=True, mode="0400", target=target)
    kept = kept_volume(whole, whole.services["web"])
    assert kept is not None
    assert not written(whole)
    place = "/key" if target == "/key" else "/run/secrets/key"
    assert mounted(whole) == [("volume", kept.name, place)]
    assert [(file.uid, file.gid, file.mode) for file in kept.files] == [(501, 20, 0o400)]


def test_below_a_tmpfs_it_is_kept_too_since_that_would_hide_it() -> None:
    for covered in (
        {"tmpfs": ("/etc:size=1m",)},
        {"volumes": (Mount(type="tmpfs", target="/etc"),)},
    ):
        assert kept_volume(config("a", **covered), config("a", **covered).services["web"])
    beside = config("a", tmpfs=("/et",))
    assert kept_volume(beside, beside.services["web"]) is None


def test_a_plain_file_of_a_read_only_service_is_mounted_as_it_is() -> None:
    assert mounted(secret_file(read_only=True)) == [("bind", "/demo/key", "/run/secrets/key")]


def test_what_is_kept_is_made_before_its_container_and_removed_after_it() -> None:
    before, now = config("one", read_only=True), config("two", read_only=True)
    old, new = (kept_volume(p, p.services["web"]) for p in (before, now))
    assert old is not None
    assert new is not None
    point = MountPoint(type="volume", name=old.name, target="/.composer-files", read_only=True)
    observed = world(now, made(before, mounts=(point,)))
    volumes = {old.name: ObservedVolume(name=old.name, labels=old.labels)}
    plan = plan_up(now, replace(observed, volumes={**observed.volumes, **volumes}), UP)
    told = plan_text(plan).splitlines()
    assert f"create volume {new.name}" in told[0]
    [create] = [step for step in plan.steps if step.id == "create container demo-web-1"]
    assert f"create volume {new.name}" in create.after
    assert told[-1].endswith("(nobody needs its files any more) after 6")
    assert f"remove volume {old.name}" in told[-1]
    assert not plan.losses


def test_it_stays_while_a_container_that_stays_has_it() -> None:
    whole = config("one", read_only=True)
    kept = kept_volume(whole, whole.services["web"])
    assert kept is not None
    point = MountPoint(type="volume", name=kept.name, target="/.composer-files")
    observed = world(whole, made(whole, mounts=(point,)))
    volumes = {kept.name: ObservedVolume(name=kept.name, labels=kept.labels)}
    assert not plan_up(whole, replace(observed, volumes=volumes), UP)


def test_what_another_project_keeps_is_left_alone_though_the_file_names_it() -> None:
    theirs = {Label.PROJECT: "other", Label.FILES: "web"}
    whole = replace(
        project(service("web", volumes=(Mount(type="volume", source="it", target="/it"),))),
        volumes={"it": Volume(name="other_web-files-0", external=True)},
    )
    kept = ObservedVolume(name="other_web-files-0", labels={str(k): v for k, v in theirs.items()})
    plan = plan_up(whole, replace(world(whole), volumes={kept.name: kept}), UP)
    assert [step.id for step in plan.steps if "volume" in step.id] == []


def test_down_takes_what_is_kept_with_the_containers() -> None:
    whole = config("one", read_only=True)
    kept = kept_volume(whole, whole.services["web"])
    assert kept is not None
    volumes = {kept.name: ObservedVolume(name=kept.name, labels=kept.labels)}
    observed = replace(world(whole, made(whole)), volumes=volumes)
    for known in (whole, None):
        plan = plan_down("demo", known, observed, DownOptions())
        assert RemoveVolume(kept.name) in [step.operation for step in plan.steps]
        assert not plan.losses


def test_nothing_is_kept_before_the_image_is_there_that_it_is_written_through() -> None:
    whole = config("one", read_only=True)
    observed = replace(world(whole), images={})
    images = plan_images(whole, whole.services.values(), {}, ImageOptions())
    rest = plan_up(whole, observed, UP)
    assert not early(whole, observed, images, rest)


def test_up_and_down_leave_nothing_of_what_was_kept() -> None:
    engine = FakeEngine(images=["web:1"])
    for content in ("one", "two", "two"):
        bring_up(config(content, read_only=True), engine, UP, lambda event: None)
        assert engine.containers["demo-web-1"].files == {"/etc/site": content.encode()}
        assert len(engine.volumes) == 1
    assert not foresee(config("two", read_only=True), engine, UP)
    take_down("demo", config("two", read_only=True), engine, DownOptions(), lambda event: None)
    assert not engine.volumes


@pytest.mark.parametrize(
    "said",
    [{"reference": HUP}, {"entry": HUP}, {"extensions": HUP}],
    ids=["reference", "entry", "service"],
)
def test_with_a_signal_new_content_is_written_into_the_living_container(
    said: dict[str, object],
) -> None:
    before, now = config("one", **said), config("two", **said)
    old, new = (content_label(p, p.services["web"]).partition("=")[2][:12] for p in (before, now))
    plan = plan_up(now, world(now, made(before)), UP)
    assert_plan(
        plan,
        f"""
        1. reload demo-web-1 (the content of config 'site' changed)
             configs.site: {old} → {new}
        """,
    )
    [step] = plan.steps
    assert isinstance(step.operation, Deliver)
    assert step.operation.delivery.signals == ("SIGHUP",)
    assert [file.content for file in step.operation.delivery.files] == [b"two"]
    assert plan.effects == {"web": "reload"}


def test_the_word_nearest_to_the_use_counts() -> None:
    no = {"x-composer": {"reload": False}}
    before, now = (config(text, reference=no, entry=HUP, extensions=HUP) for text in "ab")
    assert plan_up(now, world(now, made(before)), UP).effects == {"web": "replacement"}


def test_what_was_delivered_is_not_delivered_again() -> None:
    before, now = config("one", extensions=HUP), config("two", extensions=HUP)
    told = content_label(now, now.services["web"])
    assert not plan_up(now, world(now, made(before, delivered=told)), UP)
    back = plan_up(before, world(before, made(before, delivered=told)), UP)
    assert [step.id for step in back.steps] == ["reload demo-web-1"]


def test_a_stopped_container_gets_new_content_before_it_starts() -> None:
    before, now = config("one", extensions=HUP), config("two", extensions=HUP)
    stopped = made(before, state=replace(made(before).state, status="exited"))
    plan = plan_up(now, world(now, stopped), UP)
    assert [step.id for step in plan.steps] == ["reload demo-web-1", "start demo-web-1"]
    assert isinstance(plan.steps[0].operation, Deliver)
    assert not plan.steps[0].operation.delivery.signals


def test_a_mounted_file_cannot_be_written_so_its_container_is_replaced() -> None:
    before, now = config("one", extensions=HUP), config("two", extensions=HUP)
    point = MountPoint(type="bind", source="/demo/site", target="/etc/site")
    plan = plan_up(now, world(now, made(before, mounts=(point,))), UP)
    assert plan.effects == {"web": "replacement"}


def test_a_read_only_service_is_replaced_whatever_signal_there_is() -> None:
    before, now = (config(text, extensions=HUP, read_only=True) for text in "ab")
    assert plan_up(now, world(now, made(before)), UP).effects == {"web": "replacement"}


def test_a_container_is_asked_only_if_it_may_have_been_told() -> None:
    plain, other, signalled = config("one"), config("two"), config("one", extensions=HUP)
    asked = [
        bool(perhaps_told(now, world(now, made(before))))
        for before, now in ((plain, plain), (plain, other), (signalled, signalled))
    ]
    assert asked == [False, True, True]
    assert not perhaps_told(other, world(other, live(plain, "web")))


def test_reloading_again_and_again_ends_with_the_last_content_told_once_each() -> None:
    engine = FakeEngine(images=["web:1"])
    running = {"command": ("sleep", "infinity"), "extensions": HUP}
    for content in ("one", "two", "two", "three", "three"):
        bring_up(config(content, **running), engine, UP, lambda event: None)
    web = engine.containers["demo-web-1"]
    assert web.files == {"/etc/site": b"three"}
    assert web.told == ["SIGHUP", "SIGHUP"]
    assert len(engine.containers) == 1


class DyingBeforeTheSignal(FakeEngine):
    """An engine that dies, once, between the files of a delivery and its signals."""

    deaths = 1

    def deliver(self, container: str, delivery: Delivery) -> None:
        if not self.deaths:
            return super().deliver(container, delivery)
        self.deaths -= 1
        self.find(container).files.update({one.path: one.content for one in delivery.files})
        raise EngineError("dead")


def test_a_container_that_was_not_told_yet_is_told_by_the_next_up() -> None:
    engine = DyingBeforeTheSignal(images=["web:1"])
    running = {"command": ("sleep", "infinity"), "extensions": HUP}
    bring_up(config("one", **running), engine, UP, lambda event: None)
    with pytest.raises(PlanFailed):
        bring_up(config("two", **running), engine, UP, lambda event: None)
    web = engine.containers["demo-web-1"]
    assert (web.files, web.told) == ({"/etc/site": b"two"}, [])

    for _ in range(2):
        bring_up(config("two", **running), engine, UP, lambda event: None)
    assert web.told == ["SIGHUP"]


def test_no_content_is_in_the_text_of_a_plan() -> None:
    for attributes in ({}, {"extensions": HUP}, {"read_only": True}):
        before, now = (config(text, **attributes) for text in ("hunter2", "hunter3"))
        plan = plan_up(now, world(now, made(before)), UP)
        assert "hunter" not in repr(plan)
        assert any(isinstance(step.operation, CreateVolume | Deliver) for step in plan.steps) or (
            not attributes
        )


def by_docker_compose(version: str, **changes: object) -> ObservedContainer:
    """Return what a Docker Compose made of `secret_file`: it mounts whatever is a file."""
    mounted = live(secret_file(), "web")
    labels = {**mounted.labels, Label.VERSION: version, Label.CONFIG_HASH: "another"}
    del labels[Label.SETTLED]
    config = mounted.config
    assert config is not None
    return replace(mounted, labels=labels, config=replace(config, **changes))  # type: ignore[arg-type]


def test_a_file_that_docker_compose_mounts_is_no_difference_to_one_that_is_written() -> None:
    now = secret_file(mode="0400")
    assert not plan_up(now, world(now, by_docker_compose("2.30.1")), UP)


def test_nor_is_it_named_beside_a_difference() -> None:
    now = secret_file(mode="0400")
    plan = plan_up(now, world(now, by_docker_compose("2.30.1", user="1000")), UP)
    assert [change.field for step in plan.steps for change in step.changes] == ["user"]


def test_a_secret_that_is_not_there_at_all_is_a_difference() -> None:
    now = secret_file()
    plan = plan_up(now, world(now, by_docker_compose("2.30.1", mounts=())), UP)
    assert [change.field for step in plan.steps for change in step.changes] == ["mounts"]


def test_a_file_of_this_machine_reaches_an_engine_on_another_one(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hello")
    engine = FakeEngine(images=["web:1"])
    engine.where = Machine(remote="tcp://elsewhere:2376")
    key = FileObject(name="demo_key", file=str(tmp_path / "key"))
    bring_up(replace(secret_file(), secrets={"key": key}), engine, UP, lambda event: None)
    web = engine.containers["demo-web-1"]
    assert web.files == {"/run/secrets/key": b"hello"}
    assert not web.mounts


def test_a_file_that_cannot_be_read_is_not_given_an_owner_and_that_is_told_first(
    tmp_path: Path,
) -> None:
    key = FileObject(name="demo_key", file=str(tmp_path))
    engine = FakeEngine(images=["web:1"])
    owned, plain = (
        foresee(replace(one, secrets={"key": key}, contents={}), engine, UP)
        for one in (secret_file(mode="0400"), secret_file())
    )
    assert [problem.message for problem in owned.errors] == [
        "the file of secret 'key' cannot be read, so it cannot be given an owner or a mode"
    ]
    assert not plain.errors
