"""A registry that believes tokens alone: whoever asks it fetches one first, for what it does."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Folder, docker, run
from support.registries import LOGIN, ask_a_helper, log_in
from support.token_server import TokenServer, token_registry

pytestmark = pytest.mark.docker

OPEN, CLOSED = "public/app:1", "private/app:1"


class Place:
    """A project of two images, one for everybody and one for us, and the registry they are in."""

    def __init__(self, folder: Folder, tokens: TokenServer, directory: Path) -> None:
        self.folder = folder
        self.tokens = tokens
        self.open, self.closed = (f"{tokens.registry}/{name}" for name in (OPEN, CLOSED))
        self._directory = directory
        self.be("nobody")

    def be(self, who: str) -> None:
        """Read the credentials that this one has."""
        self.folder.environment["DOCKER_CONFIG"] = str(self._directory / who)

    def write(self, *, built: bool) -> None:
        """Write the file: of whom builds the images, or of whom only runs them."""
        build = "    build: .\n" if built else ""
        services = (
            f"  {name}:\n    image: {image}\n    command: sleep infinity\n"
            f"    stop_grace_period: 0s\n{build}"
            for name, image in (("open", self.open), ("closed", self.closed))
        )
        self.folder.write("compose.yaml", f"services:\n{''.join(services)}")

    def build(self, edition: str) -> None:
        made = f"FROM busybox\nRUN echo {self.folder.name} {edition} > /made\n"
        self.folder.write("Dockerfile", made)
        self.write(built=True)
        self.folder.composer("build").ok()

    def forget(self) -> None:
        """Let the engine have none of the images."""
        listed = docker("images", "-q", "--no-trunc", f"{self.tokens.registry}/*/*")
        for image in dict.fromkeys(listed.split()):
            docker("rmi", "-f", image)

    def here(self, image: str) -> bool:
        return run("docker", "image", "inspect", image).code == 0

    def given(self) -> set[tuple[str, str]]:
        """Return who got tokens for which repositories since this was asked last."""
        given = {(who, scope.split(":")[1]) for who, scope in self.tokens.given}
        self.tokens.given.clear()
        return given


@pytest.fixture
def place(folder: Folder, tmp_path: Path) -> Iterator[Place]:
    with token_registry(tmp_path / "registry") as tokens:
        folder.environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
        place = Place(folder, tokens, tmp_path)
        log_in(tmp_path / "me", tokens.registry)
        yield place
        folder.remove()
        place.forget()


@pytest.fixture
def filled(place: Place) -> Place:
    """The same, with the images in the registry alone."""
    place.build("first")
    place.be("me")
    place.folder.composer("push", "-q").ok()
    place.forget()
    place.write(built=False)
    place.be("nobody")
    place.given()
    return place


def test_who_logs_in_may_push_and_publish_and_bring_up_what_was_published(place: Place) -> None:
    folder, registry = place.folder, place.tokens.registry
    place.build("first")

    refused = folder.composer("push")
    assert refused.code == 1
    assert f"docker login {registry}" in refused.err

    user, _, password = LOGIN.partition(":")
    place.be("token")
    login = ("docker", "login", "-u", user, "-p", password, registry)
    assert run(*login, env=folder.environment).code == 0
    kept = Path(folder.environment["DOCKER_CONFIG"], "config.json").read_text()
    assert "identitytoken" in kept  # and no password
    place.given()
    folder.composer("push").ok()
    # Of a registry that had this port before, the engine may know whence to take a layer.
    assert place.given() >= {(user, "public/app"), (user, "private/app")}

    place.be("me")  # a name and a password, which ask in another way than a token does
    target = f"{registry}/private/project:v1"
    folder.composer("publish", "--app", "--resolve-image-digests", target).ok()
    place.forget()
    folder.composer("-f", f"oci://{target}", "up", "-d", "--yes").ok()
    for name in ("open", "closed"):
        made = docker("exec", f"{folder.name}-{name}-1", "cat", "/made")
        assert made == f"{folder.name} first\n"
    digests = {one["Config"]["Image"].partition("@")[2] for one in folder.containers().values()}
    assert digests < place.tokens.manifests("private/project")  # --app has copied them


def test_everybody_gets_what_is_public_and_the_rest_is_told_before_anything_is_made(
    filled: Place,
) -> None:
    folder, registry = filled.folder, filled.tokens.registry

    folder.composer("pull", "open").ok()
    refused = folder.composer("pull", "closed")
    assert (filled.here(filled.open), filled.here(filled.closed)) == (True, False)
    assert refused.code == 1
    assert f"docker login {registry}" in refused.err
    assert {who for who, _ in filled.given()} == {""}

    stopped = folder.composer("up", "-d")
    assert (folder.containers(), folder.networks()) == ({}, [])
    assert stopped.code == 1
    assert "service 'closed' cannot have its image" in stopped.err
    assert f"docker login {registry}" in stopped.err

    folder.composer("up", "-d", "open").ok()
    assert folder.running() == [f"{folder.name}-open-1"]
    filled.be("me")
    folder.composer("up", "-d").ok()
    assert folder.running() == [f"{folder.name}-closed-1", f"{folder.name}-open-1"]


def test_digests_are_asked_with_tokens_and_bundles_are_filled(
    filled: Place, tmp_path: Path
) -> None:
    folder, registry = filled.folder, filled.tokens.registry
    public = folder.composer("config", "--resolve-image-digests", "open", "--format", "json").ok()
    refused = [folder.composer(*words) for words in (("config", "--lock-image-digests"), ("lock",))]
    assert [ran.code for ran in refused] == [1, 1]
    assert all(f"docker login {registry}" in ran.err for ran in refused)

    ask_a_helper(tmp_path / "helped", tmp_path / "programs", registry, for_all=True)
    filled.be("helped")
    folder.environment["PATH"] = f"{tmp_path / 'programs'}:{os.environ['PATH']}"
    folder.composer("lock").ok()
    digests = json.loads((folder.path / "compose.lock").read_text())["images"]
    assert set(digests) == {filled.open, filled.closed}
    shown = json.loads(public.out)["services"]["open"]["image"]
    assert shown == f"{filled.open}@{digests[filled.open]}"

    folder.composer("bundle", "-o", str(tmp_path / "b.tar")).ok()
    assert filled.here(filled.closed)
    assert folder.composer("outdated", "--exit-code").ok().out == ""
    filled.build("second")
    folder.composer("push", "-q").ok()
    filled.write(built=False)
    filled.forget()
    folder.composer("unbundle", str(tmp_path / "b.tar"), "-o", str(tmp_path / "there")).ok()
    behind = folder.composer("outdated", "--exit-code", "--format", "json")
    assert behind.code == 2
    assert {one["Image"] for one in json.loads(behind.out)} == {filled.open, filled.closed}

    folder.composer("up", "-d", "--locked").ok()
    for name in ("open", "closed"):
        made = docker("exec", f"{folder.name}-{name}-1", "cat", "/made")
        assert made == f"{folder.name} first\n"
