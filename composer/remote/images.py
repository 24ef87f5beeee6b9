"""What registries have of images, asked without the engine.

An image of Docker Hub is looked for at the engine's mirrors first, as the engine does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from composer.errors import FetchFailed
from composer.model.reference import (
    ArtifactReference,
    Credentials,
    KnownRegistries,
    is_digest,
    parse_image,
)
from composer.record import dataclass, replace
from composer.remote.oci import MANIFESTS
from composer.remote.registry import Absent, Registry

_HUB: Final = "docker.io"
_LARGEST: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: how many bytes are transferred for it, and the hash of what is in there."""

    size: int
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedImage:
    """What a registry has under a name, for one platform.  `digest` is that of the name."""

    digest: str
    layers: tuple[Layer, ...] = ()
    created: str = ""


class ImageRegistries:
    """Asks registries for images; `known` is called when one is asked for the first time.

    `plain` are hosts that speak http, beside those that the engine knows as such.
    `otherwise` is asked for the digest of an image whose registry cannot be reached from here.
    """

    def __init__(
        self,
        credentials: Credentials,
        known: Callable[[], KnownRegistries] = KnownRegistries,
        plain: tuple[str, ...] = (),
        otherwise: Callable[[str], str | None] = lambda ref: None,
    ) -> None:
        self._otherwise = otherwise
        self._credentials = credentials
        self._ask_known = known
        self._known: KnownRegistries | None = None
        self._plain = plain

    def digest(self, ref: str) -> str:
        """Return the digest of an image in its registry.  Raises FetchFailed."""
        try:
            return self._digest(ref)
        except Absent:
            raise
        except FetchFailed:
            if (told := self._otherwise(ref)) is None:
                raise
            return told

    def _digest(self, ref: str) -> str:
        registry, name = self.found(ref)
        headers = registry.head(f"manifests/{name}", MANIFESTS)
        told = headers.get("Docker-Content-Digest") if headers is not None else None
        if told and is_digest(told):
            return told
        return _digest(registry.get(f"manifests/{name}", MANIFESTS, _LARGEST))

    def look(self, ref: str, platform: str) -> PublishedImage:
        """Return what the registry has for `platform`: "linux/amd64".  Raises FetchFailed."""
        registry, name = self.found(ref)
        content = registry.get(f"manifests/{name}", MANIFESTS, _LARGEST)
        manifest, digest = _parsed(ref, content), _digest(content)
        try:
            return _looked(ref, registry, manifest, digest, platform)
        except (KeyError, TypeError, AttributeError, ValueError):
            raise _unreadable(ref) from None

    def found(self, ref: str) -> tuple[Registry, str]:
        """Return the first registry that has an image, and its tag or digest there.

        Raises FetchFailed, with what the last one has said.
        """
        reference = _reference(ref)
        name = reference.digest or reference.tag
        *mirrors, last = self._places(ref, reference)
        for registry in mirrors:
            try:
                if registry.head(f"manifests/{name}", MANIFESTS) is not None:
                    return registry, name
            except FetchFailed:
                continue
        if last.head(f"manifests/{name}", MANIFESTS) is None:
            raise Absent(f"{ref} is not in its registry {last.host}")
        return last, name

    def _places(self, ref: str, reference: ArtifactReference) -> Iterator[Registry]:
        if self._known is None:
            self._known = self._ask_known()
        if reference.registry == _HUB:
            for address in self._known.mirrors:
                parts = urlsplit(address)
                place = replace(reference, registry=parts.netloc)
                plain = parts.scheme == "http"
                yield Registry(place, self._credentials, plain=plain, called=ref)
        plain = reference.registry in (*self._plain, *self._known.plain)
        yield Registry(reference, self._credentials, plain=plain, called=ref)


def _looked(
    ref: str, registry: Registry, manifest: Mapping[str, Any], digest: str, platform: str
) -> PublishedImage:
    """Return what a manifest tells; one out of shape raises whatever comes of it."""
    if listed := manifest.get("manifests"):
        chosen = _of_platform(listed, platform)
        if chosen is None:
            raise FetchFailed(f"{ref} is not there for {platform}")
        manifest = _parsed(ref, registry.get(f"manifests/{chosen}", MANIFESTS, _LARGEST))
    config = _parsed(ref, registry.get(f"blobs/{manifest['config']['digest']}", (), _LARGEST))
    sizes = [int(layer["size"]) for layer in manifest["layers"]]
    contents = (config.get("rootfs") or {}).get("diff_ids") or []
    return PublishedImage(
        digest=digest,
        layers=tuple(map(Layer, sizes, contents)),
        created=str(config.get("created") or ""),
    )


def _reference(ref: str) -> ArtifactReference:
    try:
        return parse_image(ref)
    except ValueError as error:
        raise FetchFailed(f"{ref!r} is no name of an image: {error}") from None


def _of_platform(listed: Any, platform: str) -> str | None:
    """Return the digest of the manifest for a platform; without a variant any will do."""
    system, _, rest = platform.partition("/")
    machine, _, variant = rest.partition("/")
    variant = _variant(machine, variant)
    for one in listed:
        has = one.get("platform") or {}
        same = (has.get("os"), has.get("architecture")) == (system, machine)
        if same and variant in ("", _variant(machine, has.get("variant") or "")):
            return str(one["digest"])
    return None


def _variant(machine: str, variant: str) -> str:
    """Return a variant, "" for the one that needs no name."""
    return "" if (machine, variant) == ("arm64", "v8") else variant


def _digest(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


def _parsed(ref: str, content: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(content)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise _unreadable(ref)
    return parsed


def _unreadable(ref: str) -> FetchFailed:
    return FetchFailed(f"what the registry says of {ref} cannot be read")
