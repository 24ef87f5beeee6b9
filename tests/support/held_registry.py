"""A registry that keeps whoever pulls from it waiting until it is told to go on."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler
from subprocess import run
from uuid import uuid4

from support.registries import digest_of
from support.sockets import web_server

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
SECONDS = 60


class HeldRegistry:
    """Serves `image` with one more layer, which is held back until `release` is set.

    Then it is missing if the registry is `broken`.
    """

    def __init__(self, image: str, *, broken: bool) -> None:
        self.release = threading.Event()
        self.asked = threading.Event()
        self.host = ""
        self._broken = broken
        news = layer(str(uuid4()).encode())  # else the engine has all of it, and need not ask
        config, layers = saved(image, news)
        self._blobs = {digest_of(one): one for one in (config, *layers)}
        self._held = digest_of(layers[-1])
        self.manifest = described(config, layers)

    @property
    def image(self) -> str:
        return f"{self.host}/held:1"

    def answer(self, path: str) -> tuple[int, str, bytes]:
        if "/manifests/" in path:
            return 200, MANIFEST, self.manifest
        if "/blobs/" not in path:
            return 200, "application/json", b"{}"
        digest = path.rpartition("/")[2]
        if digest == self._held:
            self.asked.set()
            assert self.release.wait(SECONDS)
            if self._broken:
                return 404, "application/json", b"{}"
        return 200, "", self._blobs[digest]


@contextmanager
def held_registry(image: str, *, broken: bool = False) -> Iterator[HeldRegistry]:
    """Serve `image` of the engine over http on this machine."""
    registry = HeldRegistry(image, broken=broken)

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        status, kind, content = registry.answer(request.path)
        headers = {"Content-Type": kind or "application/octet-stream"}
        if "/manifests/" in request.path:
            headers["Docker-Content-Digest"] = digest_of(content)
        return status, headers, content

    with web_server(answer) as registry.host:
        try:
            yield registry
        finally:
            registry.release.set()


def saved(image: str, *news: bytes) -> tuple[bytes, list[bytes]]:
    """Return the configuration and the layers of an image that the engine has, and more of them."""
    about, layers = _saved(image)
    config = json.loads(about)
    config["rootfs"]["diff_ids"] += map(digest_of, news)
    config.pop("history", None)
    return json.dumps(config).encode(), [*layers, *news]


def consists_of(image: str, *layers: bytes) -> bytes:
    """Return the configuration of `image`, but with none of its layers: with `layers` alone.

    An engine that has built `image` itself does not know its layers by what a registry calls
    them, and fetches them once more.
    """
    config = json.loads(_saved(image)[0])
    config["rootfs"]["diff_ids"] = list(map(digest_of, layers))
    config.pop("history", None)
    return json.dumps(config).encode()


@cache
def _saved(image: str) -> tuple[bytes, tuple[bytes, ...]]:
    saved = run(["docker", "save", image], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(saved)) as tar:

        def content(name: str) -> bytes:
            file = tar.extractfile(name)
            assert file is not None
            return file.read()

        [about] = json.loads(content("manifest.json"))
        return content(about["Config"]), tuple(map(content, about["Layers"]))


def layer(content: bytes) -> bytes:
    """Return a layer with one file in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("held")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def described(config: bytes, layers: list[bytes]) -> bytes:
    """Return the manifest of an image."""

    def blob(content: bytes, kind: str) -> dict[str, object]:
        return {"mediaType": kind, "size": len(content), "digest": digest_of(content)}

    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": blob(config, "application/vnd.docker.container.image.v1+json"),
        "layers": [blob(one, "application/vnd.docker.image.rootfs.diff.tar") for one in layers],
    }
    return json.dumps(manifest).encode()
