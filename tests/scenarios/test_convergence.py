"""What `up` does to what exists: create, start, adopt, replace, scale, and what it leaves alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from composer.loader.pipeline import load
from composer.model.options import LoadOptions
from composer.planner.digest import service_digests
from support.cli import SAMPLES, Folder, docker, run
from support.peer import docker_compose

pytestmark = pytest.mark.docker

SLEEP = "image: busybox\n    command: sleep infinity\n    stop_grace_period: 0s"
TWO = f"""
services:
  db:
    {SLEEP}
    volumes: [data:/data, /cache]
  web:
    {SLEEP}
    volumes: [/cache]
    depends_on: [db]
volumes:
  data:
"""


@pytest.fixture
def two(folder: Folder) -> Folder:
    """A project in which web depends on db; both have an anonymous volume with a word in it."""
    folder.write("compose.yaml", TWO)
    folder.composer("up", "-d").ok()
    for service in ("db", "web"):
        inside(folder, service, "echo kept > /cache/word")
    inside(folder, "db", "echo kept > /data/word")
    return folder


def inside(folder: Folder, service: str, command: str) -> str:
    return folder.composer("exec", "-T", service, "sh", "-c", command).ok().out


def change(folder: Folder, *services: str) -> None:
    """Change a variable of services, so that their containers differ from the file."""
    folder.write(
        "compose.override.yaml",
        "services:\n" + "".join(f"  {name}: {{environment: {{NEW: '1'}}}}\n" for name in services),
    )


def lives(folder: Folder) -> dict[str, tuple[str, str]]:
    """Return the id of each container and since when it runs."""
    prefix = f"{folder.name}-"
    return {
        name.removeprefix(prefix): (one["Id"], one["State"]["StartedAt"])
        for name, one in sorted(folder.containers().items())
    }


def touched(before: dict[str, tuple[str, str]], after: dict[str, tuple[str, str]]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


# -- what stays ----------------------------------------------------------------------------


def test_what_is_as_the_file_says_is_left_alone(two: Folder) -> None:
    before = lives(two)
    ran = two.composer("up", "-d").ok()
    assert lives(two) == before
    assert "nothing to do" in ran.err


def test_what_has_stopped_is_started_as_it_is(two: Folder) -> None:
    before = lives(two)
    docker("kill", f"{two.name}-db-1")
    two.composer("up", "-d").ok()
    after = lives(two)
    assert touched(before, after) == {"db-1"}
    assert after["db-1"][0] == before["db-1"][0]
    assert len(two.running()) == 2


def test_what_somebody_removed_is_made_again_with_its_volume(two: Folder) -> None:
    before = lives(two)
    docker("rm", "-f", f"{two.name}-db-1")
    two.composer("up", "-d").ok()
    assert touched(before, lives(two)) == {"db-1"}
    assert inside(two, "db", "cat /data/word") == "kept\n"


def test_no_recreate_keeps_what_differs(two: Folder) -> None:
    before = lives(two)
    change(two, "db", "web")
    two.composer("up", "-d", "--no-recreate").ok()
    assert lives(two) == before


# -- what is replaced ----------------------------------------------------------------------


def test_only_what_differs_is_replaced_and_takes_its_volumes_along(two: Folder) -> None:
    before = lives(two)
    change(two, "db")
    two.composer("up", "-d").ok()
    assert touched(before, lives(two)) == {"db-1"}
    assert inside(two, "db", "cat /data/word /cache/word") == "kept\nkept\n"
    assert inside(two, "db", "echo $NEW") == "1\n"


def test_force_recreate_replaces_everything_and_loses_nothing(two: Folder) -> None:
    before = lives(two)
    two.composer("up", "-d", "--force-recreate").ok()
    assert touched(before, lives(two)) == {"db-1", "web-1"}
    assert inside(two, "db", "cat /data/word /cache/word") == "kept\nkept\n"


def test_a_forced_service_leaves_its_dependency_alone_unless_told_otherwise(two: Folder) -> None:
    before = lives(two)
    two.composer("up", "-d", "--force-recreate", "web").ok()
    between = lives(two)
    assert touched(before, between) == {"web-1"}
    two.composer("up", "-d", "--always-recreate-deps", "web").ok()
    assert touched(between, lives(two)) == {"db-1"}


def test_renewed_volumes_are_empty_and_named_ones_stay(two: Folder) -> None:
    before = lives(two)
    two.composer("up", "-d", "--renew-anon-volumes", "--yes").ok()
    assert touched(before, lives(two)) == {"db-1", "web-1"}
    assert inside(two, "db", "ls /cache; cat /data/word") == "kept\n"
    assert inside(two, "web", "ls /cache") == ""


def test_another_image_behind_a_tag_replaces_its_containers(folder: Folder) -> None:
    tag = f"{folder.name}-base:latest"
    folder.write(
        "compose.yaml",
        f"services:\n  web:\n    {SLEEP}\n  app:\n    image: {tag}\n    pull_policy: never\n"
        "    command: sleep infinity\n    stop_grace_period: 0s\n    volumes: [/cache]\n",
    )
    docker("tag", "busybox", tag)
    try:
        folder.composer("up", "-d").ok()
        inside(folder, "app", "echo kept > /cache/word")
        before = lives(folder)
        folder.composer("up", "-d").ok()
        assert lives(folder) == before

        folder.write("Dockerfile", "FROM busybox\nRUN echo newer > /version\n")
        docker("build", "-q", "-t", tag, str(folder.path))
        folder.composer("up", "-d").ok()
        assert touched(before, lives(folder)) == {"app-1"}
        assert inside(folder, "app", "cat /version /cache/word") == "newer\nkept\n"
    finally:
        folder.composer("down").ok()
        docker("rmi", "-f", tag)


# -- how many --------------------------------------------------------------------------------


def test_scaling_keeps_the_oldest_and_fills_no_gaps(folder: Folder) -> None:
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n    scale: 3\n")
    folder.composer("up", "-d").ok()
    before = lives(folder)
    docker("rm", "-f", f"{folder.name}-web-2")
    folder.composer("up", "-d").ok()
    between = lives(folder)
    assert set(between) == {"web-1", "web-3", "web-4"}
    assert touched(before, between) == {"web-2", "web-4"}

    folder.composer("up", "-d", "--scale", "web=1").ok()
    assert lives(folder) == {"web-1": before["web-1"]}
    folder.composer("up", "-d", "--scale", "web=0").ok()
    assert lives(folder) == {}


def test_scaling_down_takes_what_differs_first(folder: Folder) -> None:
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n")
    folder.composer("up", "-d").ok()
    change(folder, "web")
    folder.composer("up", "-d", "--no-recreate", "--scale", "web=2").ok()
    assert set(lives(folder)) == {"web-1", "web-2"}
    newer = lives(folder)["web-2"]
    folder.composer("up", "-d").ok()
    assert lives(folder) == {"web-2": newer}


# -- which -----------------------------------------------------------------------------------


def test_no_deps_brings_up_what_is_named_alone(folder: Folder) -> None:
    folder.write("compose.yaml", TWO)
    folder.composer("up", "-d", "--no-deps", "web").ok()
    assert set(lives(folder)) == {"web-1"}
    folder.composer("up", "-d", "web").ok()
    assert set(lives(folder)) == {"db-1", "web-1"}


def test_no_deps_leaves_a_dependency_that_differs(two: Folder) -> None:
    before = lives(two)
    change(two, "db", "web")
    two.composer("up", "-d", "--no-deps", "web").ok()
    assert touched(before, lives(two)) == {"web-1"}


def test_no_start_creates_and_replaces_but_starts_nothing(folder: Folder) -> None:
    folder.write("compose.yaml", TWO)
    folder.composer("up", "--no-start").ok()
    first = lives(folder)
    assert {one["State"]["Status"] for one in folder.containers().values()} == {"created"}
    folder.composer("up", "--no-start").ok()
    assert lives(folder) == first
    change(folder, "db")
    folder.composer("up", "--no-start").ok()
    assert touched(first, lives(folder)) == {"db-1"}
    assert {one["State"]["Status"] for one in folder.containers().values()} == {"created"}


def test_orphans_stay_until_they_are_to_go_and_one_off_containers_are_none(two: Folder) -> None:
    run(docker_compose(), "run", "-d", "web", "sleep", "1000", cwd=two.path, env=two.environment)
    oneoff = next(name for name in lives(two) if "-run-" in name)
    before = lives(two)
    two.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n    volumes: [/cache]\n")
    ran = two.composer("up", "-d").ok()
    assert f"{two.name}-db-1" in ran.err
    assert oneoff not in ran.err
    assert lives(two)["db-1"] == before["db-1"]
    two.composer("up", "-d", "--remove-orphans").ok()
    assert set(lives(two)) == {"web-1", oneoff}
    assert two.volumes() == [f"{two.name}_data"]


def test_restart_true_follows_a_replaced_dependency_and_nothing_else_does(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"services:\n  db:\n    {SLEEP}\n"
        f"  near:\n    {SLEEP}\n"
        "    depends_on: {db: {condition: service_started, restart: true}}\n"
        f"  far:\n    {SLEEP}\n    depends_on: [db]\n",
    )
    folder.composer("up", "-d").ok()
    before = lives(folder)
    change(folder, "db")
    folder.composer("up", "-d").ok()
    after = lives(folder)
    assert touched(before, after) == {"db-1", "near-1"}
    assert after["near-1"][0] == before["near-1"][0]
    assert after["near-1"][1] > after["db-1"][1]


# -- networks and volumes --------------------------------------------------------------------


def test_another_name_of_a_network_moves_its_containers(folder: Folder) -> None:
    text = f"services:\n  web:\n    {SLEEP}\n    networks: [front]\nnetworks:\n  front: %s\n"
    folder.write("compose.yaml", text % "{}")
    folder.composer("up", "-d").ok()
    folder.write("compose.yaml", text % f"{{name: {folder.name}-other}}")
    folder.composer("up", "-d").ok()
    web = folder.containers()[f"{folder.name}-web-1"]
    assert list(web["NetworkSettings"]["Networks"]) == [f"{folder.name}-other"]
    assert folder.running() == [f"{folder.name}-web-1"]
    assert f"{folder.name}-other" in folder.networks()


def test_another_name_of_a_volume_is_another_volume_and_the_old_one_stays(two: Folder) -> None:
    before = lives(two)
    two.write("compose.yaml", TWO.replace("  data:\n", f"  data: {{name: {two.name}-other}}\n"))
    two.composer("up", "-d").ok()
    assert touched(before, lives(two)) == {"db-1"}
    assert inside(two, "db", "ls /data") == ""
    assert two.volumes() == [f"{two.name}-other", f"{two.name}_data"]

    two.write("compose.yaml", TWO)
    two.composer("up", "-d").ok()
    assert inside(two, "db", "cat /data/word") == "kept\n"


def test_a_renamed_key_is_another_volume_and_network(two: Folder) -> None:
    text = TWO.replace("data:/data", "store:/data").replace("  data:\n", "  store:\n")
    two.write(
        "compose.yaml", text.replace("web:", "web:\n    networks: [back]") + "networks: {back: }\n"
    )
    two.composer("up", "-d").ok()
    web = two.containers()[f"{two.name}-web-1"]
    assert list(web["NetworkSettings"]["Networks"]) == [f"{two.name}_back"]
    assert inside(two, "db", "ls /data") == ""
    assert set(two.volumes()) >= {f"{two.name}_data", f"{two.name}_store"}


def test_a_container_without_its_volume_is_replaced(folder: Folder) -> None:
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n")
    folder.composer("up", "-d").ok()
    before = lives(folder)
    folder.write(
        "compose.yaml",
        f"services:\n  web:\n    {SLEEP}\n    volumes: [data:/data]\nvolumes: {{data: }}\n",
    )
    folder.composer("up", "-d").ok()
    assert touched(before, lives(folder)) == {"web-1"}
    assert folder.volumes() == [f"{folder.name}_data"]


# -- from and to others ----------------------------------------------------------------------


@pytest.mark.parity
@pytest.mark.parametrize("sample", sorted(folder.name for folder in SAMPLES.iterdir()))
@pytest.mark.parametrize("way", ["from Docker Compose", "to Docker Compose"])
def test_a_sample_is_taken_over_as_it_is(folder: Folder, sample: str, way: str) -> None:
    """Its images are stood in for by one that is there: they make no difference here."""
    folder.copy(sample)
    jobs = stand_in(folder)
    theirs, ours = (docker_compose(),), (sys.executable, "-m", "composer")
    first, second = (theirs, ours) if way.startswith("from") else (ours, theirs)
    up = ("-f", "stand-in.yaml", "up", "-d")
    run(*first, *up, cwd=folder.path, env=folder.environment).ok()
    before = lives(folder)
    assert before
    run(*second, *up, cwd=folder.path, env=folder.environment).ok()
    after = lives(folder)
    assert touched(before, after) <= jobs
    assert {name: id for name, (id, _) in after.items()} == {n: id for n, (id, _) in before.items()}


def stand_in(folder: Folder) -> set[str]:
    """Write the sample's project as one file, in which every image is busybox and does nothing.

    Returns its jobs, which either program runs again.  What not every machine has is left out.
    """
    config = run(
        docker_compose(), "--profile", "*", "config", "--format", "json",
        cwd=folder.path, env=folder.environment,
    ).ok()  # fmt: skip
    model = json.loads(config.out)
    services = model["services"]
    awaited = [found for one in services.values() for found in one.get("depends_on", {}).items()]
    jobs = {name for name, why in awaited if why["condition"] == "service_completed_successfully"}
    for name, service in services.items():
        for attribute in ("build", "profiles", "entrypoint", "user", "ulimits"):
            service.pop(attribute, None)
        service["image"] = "busybox"
        service["command"] = ["true"] if name in jobs else ["sleep", "infinity"]
        service["stop_grace_period"] = "0s"
        if "healthcheck" in service:
            service["healthcheck"] |= {"test": ["CMD", "true"], "interval": "100ms"}
        for port in service.get("ports", ()):
            port.pop("published", None)
        mounts = service.get("volumes", ())
        service["volumes"] = [mount for mount in mounts if mount.get("source") != "/"]
    (folder.path / "stand-in.yaml").write_text(json.dumps(model))
    return {f"{name}-1" for name in jobs}


@pytest.mark.parity
def test_a_container_of_docker_compose_5_is_taken_over(folder: Folder) -> None:
    """Version 5 hashes a bind mount in another way; its container is made here by hand."""
    Path(folder.path / "page").mkdir()
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n    volumes: ['./page:/page']\n")
    run(docker_compose(), "create", cwd=folder.path, env=folder.environment).ok()
    name = f"{folder.name}-web-1"
    made = folder.containers()[name]
    options = LoadOptions(working_directory=str(folder.path), environment=folder.environment)
    service = load(options).project.services["web"]
    ours, later = service_digests(service)
    labels = made["Config"]["Labels"]
    assert labels["com.docker.compose.config-hash"] == ours
    labels |= {
        "com.docker.compose.config-hash": later,
        "com.docker.compose.version": "5.0.0",
    }
    docker("rm", name)
    docker(
        "run", "-d", "--name", name, "--network", f"{folder.name}_default",
        "--network-alias", "web", "--network-alias", name, "-v", f"{folder.path}/page:/page",
        *(word for label in labels.items() for word in ("--label", "=".join(label))),
        "busybox", "sleep", "infinity",
    )  # fmt: skip
    before = lives(folder)

    ran = folder.composer("up", "-d").ok()

    assert lives(folder) == before
    assert "nothing to do" in ran.err
