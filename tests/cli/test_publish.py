from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator

import pytest

from support.registries import FakeRegistry, fake_registry
from support.session import World


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with fake_registry() as running:
        running.takes_uploads = True
        yield running


class Publisher:
    """Publishes the demo project to a registry; questions get `answers`."""

    def __init__(
        self, world: World, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.world = world
        self._registry = registry
        self._monkeypatch = monkeypatch
        world.write("services: {web: {image: 'nginx:alpine'}}\n")

    def publish(self, *flags: str, answers: str = "") -> int:
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
        return self.world.run("publish", *flags, f"{self._registry.host}/me/app:v1")

    def files(self) -> list[str]:
        """Return the names of the files that the registry has, none if it has no project."""
        content = self._registry.content.get("/v2/me/app/manifests/v1", b'{"layers": []}')
        notes = (layer["annotations"] for layer in json.loads(content)["layers"])
        return [
            note.get("com.docker.compose.file") or note["com.docker.compose.envfile"]
            for note in notes
        ]

    def last_file(self) -> str:
        manifest = json.loads(self._registry.content["/v2/me/app/manifests/v1"])
        digest = manifest["layers"][-1]["digest"]
        return self._registry.content[f"/v2/me/app/blobs/{digest}"].decode()


@pytest.fixture
def publisher(demo: World, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> Publisher:
    return Publisher(demo, registry, monkeypatch)


def test_a_project_is_published_without_a_question(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publisher.publish() == 0

    assert publisher.files() == ["compose.yaml"]
    said = capsys.readouterr()
    assert "/me/app:v1 published\n" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("services: {web: {image: x, volumes: ['./d:/d']}}", "web: {here}/d on /d"),
        ("services: {web: {image: x, environment: {DB_PASSWORD: hunter2}}}", "DB_PASSWORD"),
    ],
)
def test_what_not_everybody_should_see_is_asked_about(
    publisher: Publisher, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    publisher.world.write(text)

    for answers in ("", "n\n"):
        assert publisher.publish(answers=answers) == 130
        assert publisher.files() == []
    said = capsys.readouterr().err
    assert told.format(here=publisher.world.directory) in said
    assert "hunter2" not in said
    assert "error: nothing was published" in said

    assert publisher.publish(answers="y\n") == 0
    assert publisher.files() == ["compose.yaml"]
    assert publisher.publish("-y") == 0


def test_an_env_file_goes_along_only_when_asked_to(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.world.write("services:\n  web:\n    image: x\n    env_file: web.env\n")
    publisher.world.write("A=1\n", "web.env")

    assert publisher.publish() == 1
    said = capsys.readouterr().err
    assert "compose.yaml:4:15" in said
    assert "help: --with-env publishes it too" in said

    assert publisher.publish("--with-env") == 0
    assert len(publisher.files()) == 2


def test_what_is_only_built_here_cannot_be_published(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.world.write("services: {a: {build: .}, b: {build: ., profiles: [p]}}")

    assert publisher.publish("--yes") == 1
    said = capsys.readouterr().err
    assert "service 'a' cannot be published" in said
    assert "service 'b' cannot be published" in said


def test_images_that_are_built_are_pushed_first_and_one_that_is_not_is_told(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.world.write("services: {a: {build: ., image: me/a:1}, b: {build: ., image: me/b:1}}")
    publisher.world.run("build", "a")

    assert publisher.publish() == 0

    assert "me/a:1" in publisher.world.engine.pullable
    assert "warning: image 'me/b:1' of service 'b'" in capsys.readouterr().err


def test_images_can_be_fixed_by_their_digests(publisher: Publisher) -> None:
    assert publisher.publish("--resolve-image-digests") == 0

    digest = publisher.world.engine.registry_digest("nginx:alpine")
    assert publisher.files() == ["compose.yaml", "image-digests.yaml"]
    assert publisher.last_file() == (
        f"services:\n  web:\n    image: docker.io/library/nginx:alpine@{digest}\n"
    )


def test_a_dry_run_publishes_nothing(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publisher.publish("--dry-run") == 0

    assert publisher.files() == []
    assert "DRY-RUN MODE - " in capsys.readouterr().err


def test_the_old_form_does_the_same(publisher: Publisher, registry: FakeRegistry) -> None:
    assert publisher.world.run("alpha", "publish", f"{registry.host}/me/app:v1") == 0

    assert publisher.files() == ["compose.yaml"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("Not_A/Name", "is no repository"),
        ("x@sha256:" + "0" * 64, "has a digest in it"),
        ("--oci-version 2 x", "'2' is neither 1.0 nor 1.1"),
    ],
)
def test_a_place_that_is_none_is_refused(
    demo: World, capsys: pytest.CaptureFixture[str], argv: str, message: str
) -> None:
    assert demo.run("publish", *argv.split()) == 1
    assert message in capsys.readouterr().err
