"""lock, up --locked, outdated and update."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.session import World

REFS = ("nginx:alpine", "postgres:16-alpine")


def lock_file(world: World) -> Any:
    return json.loads((world.directory / "compose.lock").read_text())


def renew(world: World, *refs: str) -> None:
    """Let the registry have something newer."""
    for ref in refs or REFS:
        world.engine.publish(ref, "newer")


def running(world: World) -> dict[str, str]:
    return {live.name: live.image_id for live in world.engine.containers.values()}


def test_lock_writes_what_the_registries_have(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("lock") == 0

    expected = {ref: demo.engine.registry_digest(ref) for ref in REFS}
    assert lock_file(demo) == {"version": 1, "images": expected}
    said = capsys.readouterr()
    assert said.out == ""
    assert f"nginx:alpine  none -> {expected['nginx:alpine'][7:19]}" in said.err

    renew(demo)
    assert demo.run("lock", "--dry-run") == 0
    assert lock_file(demo)["images"] == expected
    assert demo.run("lock", "web") == 0
    now = lock_file(demo)["images"]
    assert now["nginx:alpine"] == demo.engine.registry_digest("nginx:alpine")
    assert now["postgres:16-alpine"] == expected["postgres:16-alpine"]


def test_what_is_used_no_more_goes_and_what_cannot_be_asked_stays(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("lock")
    before = lock_file(demo)["images"]
    del demo.engine.pullable["nginx:alpine"]
    demo.write("services: {web: {image: nginx:alpine}, app: {build: ., image: me/app}}")
    demo.engine.publish("me/app")

    assert demo.run("lock") == 1

    assert lock_file(demo)["images"] == {"nginx:alpine": before["nginx:alpine"]}
    assert "nginx:alpine" in capsys.readouterr().err


def test_services_of_all_profiles_are_locked(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("services: {web: {image: nginx:alpine, profiles: [rare]}}")

    demo.run("lock")

    assert capsys.readouterr().err.endswith("compose.lock: 1 image\n")
    assert list(lock_file(demo)["images"]) == ["nginx:alpine"]


def test_up_locked_takes_the_images_of_the_file_and_no_newer_ones(demo: World) -> None:
    demo.run("lock")
    pinned = {ref: demo.engine.registry_digest(ref) for ref in REFS}
    demo.run("up", "-d", "--locked")
    before = running(demo)
    renew(demo)

    assert demo.run("up", "-d", "--locked") == 0

    assert running(demo) == before
    images = {live.spec.config.image for live in demo.engine.containers.values()}
    assert images == {f"{ref}@{digest}" for ref, digest in pinned.items()}


def test_nothing_is_foreseen_to_move_where_only_the_tags_are_missing(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("lock")
    demo.run("up", "-d", "--locked")
    before = {live.name: live.id for live in demo.engine.containers.values()}
    for ref in REFS:
        demo.engine.images.pop(ref, None)
    capsys.readouterr()

    assert demo.run("update", "--dry-run", "db") == 0
    said = capsys.readouterr().out
    assert "  ?  demo-db-1 is replaced if postgres:16-alpine turns out to be another image" in said
    assert said.endswith("\n1 to pull\n")
    assert demo.run("plan", "--out", "saved") == 0
    assert demo.run("up", "-d", "--plan", "saved") == 0
    assert {live.name: live.id for live in demo.engine.containers.values()} == before


@pytest.mark.parametrize("command", ["up -d", "plan"])
def test_locked_without_a_file_or_with_an_image_that_is_not_in_it_is_refused(
    demo: World, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert demo.run(*command.split(), "--locked") == 1
    assert "help: composer lock makes it" in capsys.readouterr().err

    demo.write("services: {web: {image: nginx:alpine}}")
    demo.run("lock")
    demo.write("services: {web: {image: nginx:alpine}, db: {image: postgres:16-alpine}}")
    capsys.readouterr()
    assert demo.run("lock", "--check") == 1
    assert demo.run(*command.split(), "--locked") == 1
    said = capsys.readouterr().err
    assert said.count("image 'postgres:16-alpine' is not in compose.lock") == 2
    assert "compose.yaml:1:52" in said
    assert running(demo) == {}

    demo.run("lock")
    assert demo.run("lock", "--check") == 0


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "images": {}}', '{"images": {}}'])
def test_a_broken_lock_file_is_told(
    demo: World, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    demo.write(text, "compose.lock")

    assert demo.run("up", "--locked", "-d") == 1
    assert "is no lock file of composer" in capsys.readouterr().err


def test_outdated_tells_what_is_behind_and_how_much_it_takes(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("up", "-d")
    capsys.readouterr()

    assert demo.run("outdated", "--exit-code") == 0
    assert capsys.readouterr().err == "demo: all images are up to date\n"

    renew(demo, "nginx:alpine")
    assert demo.run("outdated") == 0
    assert demo.run("outdated", "--exit-code") == 2
    assert demo.run("outdated", "-q") == 0
    table, _, names = capsys.readouterr().out.partition("IMAGE  ")[2].rpartition("behind\n")
    assert "postgres" not in table
    assert names == "nginx:alpine\n"
    demo.run("outdated", "--all", "--format", "json")
    web, db = json.loads(capsys.readouterr().out)
    assert (web["Image"], web["Status"], web["Download"]) == ("nginx:alpine", "behind", 3_000_000)
    assert web["Registry"] == demo.engine.registry_digest("nginx:alpine") != web["Here"]
    assert (db["Status"], db["Services"]) == ("up to date", ["db"])


def test_outdated_knows_of_containers_that_wait_for_a_newer_image(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("up", "-d")
    renew(demo, "nginx:alpine")
    demo.run("pull")
    capsys.readouterr()

    assert demo.run("outdated", "--exit-code") == 2
    assert "pulled, not yet in demo-web-1" in capsys.readouterr().out


def test_outdated_knows_an_image_that_is_here_by_its_digest_alone(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("lock")
    old = lock_file(demo)["images"]["nginx:alpine"]
    demo.run("up", "-d", "--locked")
    assert demo.run("outdated", "--exit-code", "web") == 0
    renew(demo)
    capsys.readouterr()

    assert demo.run("outdated", "--exit-code", "--format", "json", "web") == 2

    [told] = json.loads(capsys.readouterr().out)
    assert (told["Here"], told["Status"]) == (old, "behind")


def test_outdated_goes_on_when_a_registry_does_not_answer(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("up", "-d")
    renew(demo, "nginx:alpine")
    del demo.engine.pullable["postgres:16-alpine"]
    capsys.readouterr()

    assert demo.run("outdated") == 1
    said = capsys.readouterr()
    assert "behind" in said.out
    assert "unknown" in said.out
    assert "postgres:16-alpine" in said.err


def test_update_replaces_only_what_got_a_newer_image(demo: World) -> None:
    demo.run("up", "-d")
    before = running(demo)
    renew(demo, "nginx:alpine")

    assert demo.run("update") == 0

    after = running(demo)
    assert after["demo-db-1"] == before["demo-db-1"]
    assert after["demo-web-1"] != before["demo-web-1"]


def test_update_leaves_services_alone_that_are_not_named_or_do_not_run(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("update") == 0
    assert "no containers to update" in capsys.readouterr().err

    demo.run("up", "-d", "db")
    renew(demo)
    assert demo.run("update") == 0
    assert list(running(demo)) == ["demo-db-1"]

    demo.run("up", "-d")
    before = running(demo)
    demo.engine.publish("postgres:16-alpine", "third")
    assert demo.run("update", "web") == 0
    assert running(demo) == before


def test_update_renews_the_lock_of_what_it_updates(demo: World) -> None:
    demo.run("lock")
    demo.run("up", "-d", "--locked")
    renew(demo)

    assert demo.run("update", "--locked", "web") == 0

    images = lock_file(demo)["images"]
    assert images["nginx:alpine"] == demo.engine.registry_digest("nginx:alpine")
    assert images["postgres:16-alpine"] != demo.engine.registry_digest("postgres:16-alpine")
    [web] = (one for one in demo.engine.containers.values() if one.name == "demo-web-1")
    assert web.spec.config.image == f"nginx:alpine@{images['nginx:alpine']}"


def test_what_is_never_pulled_is_neither_locked_nor_updated(demo: World) -> None:
    demo.run("up", "-d")
    demo.write(
        "services: {web: {image: nginx:alpine, pull_policy: never},"
        " db: {image: postgres:16-alpine}}"
    )
    demo.run("up", "-d")
    before = running(demo)
    renew(demo)

    assert demo.run("lock") == 0
    assert list(lock_file(demo)["images"]) == ["postgres:16-alpine"]
    assert demo.run("update", "--locked") == 0
    after = running(demo)
    assert after["demo-web-1"] == before["demo-web-1"]
    assert after["demo-db-1"] != before["demo-db-1"]


def test_what_is_never_pulled_keeps_its_name_beside_who_pulls_the_same_image(demo: World) -> None:
    demo.write(
        "services: {web: {image: nginx:alpine}, own: {image: nginx:alpine, pull_policy: never}}"
    )
    demo.engine.tag("nginx:alpine", "made here")
    demo.run("lock")

    assert demo.run("up", "-d", "--locked") == 0

    images = {live.name: live.spec.config.image for live in demo.engine.containers.values()}
    assert images["demo-own-1"] == "nginx:alpine"
    assert images["demo-web-1"].startswith("nginx:alpine@sha256:")


def test_a_dry_run_of_update_does_nothing(demo: World) -> None:
    demo.run("up", "-d")
    before = running(demo)
    renew(demo)

    assert demo.run("update", "--dry-run") == 0
    assert running(demo) == before


def test_only_what_is_asked_for_must_be_locked(demo: World) -> None:
    demo.write(
        "services: {web: {image: nginx:alpine, depends_on: [db]}, db: {image: postgres:16-alpine},"
        " other: {image: elsewhere}}"
    )
    demo.run("lock", "db")

    assert demo.run("up", "-d", "--locked", "db") == 0
    assert demo.run("up", "-d", "--locked", "web") == 1
    assert demo.run("lock", "web") == 0
    assert demo.run("up", "-d", "--locked", "web") == 0
