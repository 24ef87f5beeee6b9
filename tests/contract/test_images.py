from __future__ import annotations

import io
import re
from pathlib import Path
from threading import Thread

import pytest

from composer.errors import Cancelled, Conflict, EngineError, NotFound
from composer.model.build import Build
from composer.model.events import Progress
from composer.model.observed import Interest
from composer.model.reference import KnownRegistries
from composer.model.resources import BuildSpec
from composer.record import replace
from support.lab import IMAGE, Bench


def spec(context: str, *tags: str) -> BuildSpec:
    build = Build(context=context)
    return BuildSpec(service="web", tags=tags, build=build, labels={"colour": "blue"})


@pytest.fixture
def context(tmp_path: Path) -> str:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nENV made=here\n")
    return str(tmp_path)


@pytest.mark.parametrize(
    "ref",
    ["busybox", "busybox:latest", "library/busybox", "docker.io/library/busybox:latest"],
)
def test_an_image_is_observed_under_the_name_asked_for(bench: Bench, ref: str) -> None:
    found = bench.engine.observe(Interest(project=bench.project, images=frozenset([ref])))

    image = bench.engine.image("busybox")
    assert image is not None
    assert list(found.images) == [ref]
    assert found.images[ref].id == image.id
    assert "busybox:latest" in found.images[ref].refs


def test_an_image_is_found_by_its_id(bench: Bench) -> None:
    image = bench.engine.image(IMAGE)
    assert image is not None

    short = image.id.removeprefix("sha256:")[:12]
    wanted = Interest(project=bench.project, images=frozenset([image.id, short]))
    found = bench.engine.observe(wanted)

    assert found.images == {image.id: image, short: image}
    assert bench.engine.image(image.id) == image


def test_the_first_digits_of_an_id_are_no_name(bench: Bench) -> None:
    image = bench.engine.image(IMAGE)
    assert image is not None
    ref = image.id.removeprefix("sha256:")[:8]

    found = bench.engine.observe(Interest(project=bench.project, images=frozenset([ref])))

    assert found.images == {}
    assert bench.engine.image(ref) is None


@pytest.mark.parametrize("ref", ["composer-no-such-image:1", "../containers", "/x", "A B", "a//b"])
def test_a_missing_image_is_none(bench: Bench, ref: str) -> None:
    found = bench.engine.observe(Interest(project=bench.project, images=frozenset([ref])))

    assert found.images == {}
    assert bench.engine.image(ref) is None


def test_a_pull_is_reported_and_the_image_there(bench: Bench) -> None:
    heard: list[Progress] = []

    bench.engine.pull("busybox", None, heard.append)

    assert heard
    assert bench.engine.image("busybox:latest") is not None


def test_an_image_that_is_pulled_with_its_date_got_its_tag_now(bench: Bench) -> None:
    bench.engine.pull("busybox", None, lambda progress: None, dated=True)
    [first] = bench.engine.inspect_images(["busybox"]).values()

    bench.engine.pull("busybox", None, lambda progress: None, dated=True)
    [again] = bench.engine.inspect_images(["busybox"]).values()
    assert (again.id, again.digests) == (first.id, first.digests)
    assert again.tagged_at > first.tagged_at

    bench.engine.pull("busybox", None, lambda progress: None)
    [last] = bench.engine.inspect_images(["busybox"]).values()
    assert last.tagged_at >= again.tagged_at  # some engines know by themselves


def test_a_pull_of_what_nobody_has_fails(bench: Bench) -> None:
    with pytest.raises(EngineError, match="composer-no-such-image"):
        bench.engine.pull("composer-no-such-image:1", None, lambda progress: None)


def test_the_registry_knows_the_digest_of_what_can_be_pulled(bench: Bench) -> None:
    assert isinstance(bench.engine.registries(), KnownRegistries)
    digest = bench.engine.registry_digest("busybox")

    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    with pytest.raises(EngineError, match="composer-no-such-image"):
        bench.engine.registry_digest("composer-no-such-image:1")


def test_a_build_makes_all_its_tags(bench: Bench, context: str) -> None:
    one, two = bench.image_name(), bench.image_name()
    heard: list[Progress] = []

    bench.engine.build(spec(context, one, two), heard.append)

    first, second = bench.engine.image(one), bench.engine.image(two)
    assert first is not None
    assert second is not None
    assert first.id == second.id
    assert set(first.refs) == {one, two}
    assert first.labels["colour"] == "blue"
    assert heard


def test_a_build_that_is_let_go_is_cancelled_and_makes_nothing(bench: Bench, context: str) -> None:
    tag = bench.image_name()
    build = Build(context=context, dockerfile_inline=f"FROM {IMAGE}\nRUN sleep 100 #{tag}\n")
    endless = replace(spec(context, tag), build=build)

    def hear(progress: Progress) -> None:
        if "RUN sleep" in progress.text:
            Thread(target=bench.engine.let_builds_go).start()

    with pytest.raises(Cancelled):
        bench.engine.build(endless, hear)

    assert bench.engine.image(tag) is None


def test_images_are_found_by_a_label(bench: Bench, context: str) -> None:
    tag = bench.image_name()
    named = replace(spec(context, tag), labels={"of": bench.project})
    bench.engine.build(named, lambda progress: None)

    [found] = bench.engine.labelled_images(f"of={bench.project}")

    assert found.refs == (tag,)
    assert bench.engine.labelled_images(f"of={bench.project}x") == ()


def test_the_same_build_makes_the_same_image(bench: Bench, context: str) -> None:
    one = bench.image_name()
    ids = set()

    for _ in range(2):
        bench.engine.build(spec(context, one), lambda progress: None)
        image = bench.engine.image(one)
        assert image is not None
        ids.add(image.id)

    assert len(ids) == 1


def test_a_built_image_can_be_run_and_is_not_removed_meanwhile(bench: Bench, context: str) -> None:
    tag = bench.image_name()
    bench.engine.build(spec(context, tag), lambda progress: None)
    name = bench.start(image=tag)

    with pytest.raises(Conflict):
        bench.engine.remove_image(tag)

    bench.engine.remove(name, force=True)
    bench.engine.remove_image(tag)
    assert bench.engine.image(tag) is None


def test_removing_an_image_that_is_gone_is_fine(bench: Bench) -> None:
    bench.engine.remove_image(f"{bench.project}-nothing:latest")


def test_one_of_several_names_is_removed_while_the_image_is_used(
    bench: Bench, context: str
) -> None:
    one, two = bench.image_name(), bench.image_name()
    bench.engine.build(spec(context, one, two), lambda progress: None)
    bench.create(image=one)

    bench.engine.remove_image(two)

    assert bench.engine.image(two) is None
    assert bench.engine.image(one) is not None


def test_an_image_is_pulled_and_found_by_its_digest(bench: Bench) -> None:
    ref = f"busybox:latest@{bench.engine.registry_digest('busybox')}"

    bench.engine.pull(ref, None, lambda progress: None)

    found = bench.engine.observe(Interest(project=bench.project, images=frozenset([ref])))
    image = bench.engine.image(ref)
    assert image is not None
    assert found.images[ref].id == image.id
    assert f"busybox@{ref.partition('@')[2]}" in image.digests
    assert image.layers
    name = bench.start(image=ref)
    assert bench.observe(name).image_id == image.id


def test_an_image_gets_another_name_and_loses_it_again(bench: Bench) -> None:
    ref = f"busybox@{bench.engine.registry_digest('busybox')}"
    bench.engine.pull(ref, None, lambda progress: None)
    image, name = bench.engine.image(ref), bench.image_name()
    assert image is not None

    bench.engine.tag_image(ref, name)
    named = bench.engine.image(name)
    assert named is not None
    assert (named.id, name in named.refs) == (image.id, True)
    bench.engine.tag_image(ref, name)

    bench.engine.remove_image(name)
    assert bench.engine.image(name) is None
    assert bench.engine.image(ref) is not None
    with pytest.raises(NotFound):
        bench.engine.tag_image("composer-no-such-image:1", name)


def test_images_are_saved_and_loaded_with_their_tags(bench: Bench, context: str) -> None:
    tag = bench.image_name()
    bench.engine.build(spec(context, tag), lambda progress: None)
    image = bench.engine.image(tag)
    saved = b"".join(bench.engine.save_images([tag]))

    bench.engine.remove_image(tag)
    assert bench.engine.image(tag) is None
    bench.engine.load_images(io.BytesIO(saved))

    again = bench.engine.image(tag)
    assert image is not None
    assert again is not None
    assert (again.id, again.refs, again.labels) == (image.id, image.refs, image.labels)
    with pytest.raises(EngineError):
        b"".join(bench.engine.save_images(["composer-no-such-image:1"]))


def test_an_image_whose_name_another_one_got_is_nameless_until_it_is_removed(
    bench: Bench, tmp_path: Path
) -> None:
    tag = bench.image_name()
    labels = {"com.docker.compose.project": bench.project}
    ids = []
    for edition in ("one", "two"):
        (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nLABEL edition={edition}\n")
        build = Build(context=str(tmp_path), labels={"edition": edition})
        wanted = BuildSpec(service="web", tags=(tag,), build=build, labels=labels)
        bench.engine.build(wanted, lambda progress: None)
        image = bench.engine.image(tag)
        assert image is not None
        ids.append(image.id)

    assert bench.engine.nameless_images(bench.project) == (ids[0],)
    bench.engine.remove_image(ids[0])
    assert bench.engine.nameless_images(bench.project) == ()
    assert bench.engine.image(tag) is not None


def test_the_layers_of_an_image_begin_with_the_last_one(bench: Bench, context: str) -> None:
    tag = bench.image_name()
    bench.engine.build(spec(context, tag), lambda progress: None)

    first, *_ = bench.engine.layers(tag)

    assert first.made_by
    assert bench.engine.layers(f"{bench.project}-nothing:latest") == ()
