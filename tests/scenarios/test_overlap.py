"""What needs no image that is still pulled does not wait for it; what runs is left alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.cli import Folder, docker, eventually, run
from support.held_registry import HeldRegistry, held_registry

pytestmark = pytest.mark.docker

IMAGE = "busybox:latest"
STAYS = """["sh", "-c", "trap 'exit 0' TERM; sleep 1000000 & wait"]"""


@pytest.fixture
def registry(folder: Folder) -> Iterator[HeldRegistry]:
    with held_registry(IMAGE) as registry:
        yield registry
        folder.remove()
        run("docker", "rmi", registry.image)


def service(name: str, image: str = IMAGE, more: str = "") -> str:
    return f"  {name}:\n    image: {image}\n    command: {STAYS}\n{more}"


def of(folder: Folder, *names: str) -> list[str]:
    return [f"{folder.name}-{name}-1" for name in names]


def test_what_is_there_starts_and_gets_healthy_while_an_image_is_pulled(
    folder: Folder, registry: HeldRegistry
) -> None:
    probe = "    healthcheck: {test: [CMD, 'true'], interval: 200ms}\n"
    gate = "    depends_on: {db: {condition: service_healthy}}\n"
    late = "    depends_on: {late: {condition: service_started}}\n"
    folder.write(
        "compose.yaml",
        "services:\n"
        + service("db", more=probe)
        + service("web", more=gate)
        + service("late", registry.image)
        + service("later", more=late),
    )
    with folder.start("up", "-d") as up:
        eventually(lambda: folder.running() == of(folder, "db", "web"))
        assert registry.asked.is_set()
        assert up.poll() is None
        assert run("docker", "image", "inspect", registry.image).code != 0
        registry.release.set()
        said = up.communicate(timeout=60)[0]
    assert up.returncode == 0, said
    assert folder.running() == of(folder, "db", "late", "later", "web")
    assert all(one["RestartCount"] == 0 for one in folder.containers().values())
    assert folder.composer("plan", "--exit-code").code == 0


def test_a_job_beside_a_pull_is_done_once(folder: Folder, registry: HeldRegistry) -> None:
    job = f"  job:\n    image: {IMAGE}\n    command: ['true']\n"
    folder.write("compose.yaml", "services:\n" + job + service("late", registry.image))
    with folder.start("up", "-d") as up:
        ended = "{{.State.Status}} {{.State.StartedAt}}"
        [name] = of(folder, "job")
        eventually(lambda: docker("inspect", "-f", ended, name).startswith("exited"))
        first = docker("inspect", "-f", ended, name)
        registry.release.set()
        said = up.communicate(timeout=60)[0]
    assert up.returncode == 0, said
    assert folder.running() == of(folder, "late")
    assert docker("inspect", "-f", ended, name) == first


def test_a_pull_that_fails_leaves_what_runs_as_it_was(folder: Folder) -> None:
    folder.write("compose.yaml", "services:\n" + service("web"))
    folder.composer("up", "-d").ok()
    before = folder.ids()

    with held_registry(IMAGE, broken=True) as registry:
        changed = service("web", more="    environment: {A: '1'}\n")
        folder.write("compose.yaml", "services:\n" + changed + service("late", registry.image))
        with folder.start("up", "-d") as up:
            assert registry.asked.wait(60)
            registry.release.set()
            said = up.communicate(timeout=120)[0]
    assert up.returncode != 0, said
    assert folder.ids() == before
    assert folder.running() == of(folder, "web")
