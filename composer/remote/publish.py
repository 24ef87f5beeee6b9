"""A project → an artifact in a registry, byte for byte as Docker Compose publishes it.

The manifest holds the files themselves, which are blobs too.  Registries that do not know
artifacts of OCI 1.1 get the form of 1.0.  Source: docker/compose, internal/oci.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from composer.errors import FetchFailed
from composer.model.names import COMPOSE_VERSION
from composer.model.reference import ArtifactReference
from composer.record import dataclass
from composer.remote.oci import EMPTY, FILE, MANIFESTS, NAMED_BY, PROJECT, VARIABLES
from composer.remote.registry import Registry, Unwanted

VERSIONS: Final = ("1.0", "1.1")
_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_INDEX: Final = "application/vnd.oci.image.index.v1+json"
_NOTHING: Final = b"{}"
_EMPTY_JSON: Final = "application/vnd.oci.empty.v1+json"
_VERSION: Final = "com.docker.compose.version"
_EXTENDS: Final = "com.docker.compose.extends"
_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One file.  `named` says that another file names it; `variables` that it is an env file."""

    name: str
    content: bytes
    named: bool = False
    variables: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What was published, or is to be: a manifest and its digest."""

    content: bytes
    kind: str = _MANIFEST
    artifact: str = ""

    @property
    def digest(self) -> str:
        return digest(self.content)


def digest(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


def publish(
    reference: ArtifactReference,
    registry: Registry,
    layers: Sequence[Layer],
    created: str,
    version: str = "",
) -> Manifest:
    """Publish a project under the tag of `reference`; `created` is a time of RFC 3339.

    `version` is that of OCI, "" the newest that the registry takes.  Raises FetchFailed.
    """
    for content in (_NOTHING, *(layer.content for layer in layers)):
        registry.put_blob(digest(content), len(content), content)
    made = manifest(layers, created, version or VERSIONS[-1])
    try:
        registry.put_manifest(reference.tag, made.kind, made.content)
    except Unwanted:
        if version:
            raise
        made = manifest(layers, created, VERSIONS[0])
        registry.put_manifest(reference.tag, made.kind, made.content)
    return made


def manifest(layers: Iterable[Layer], created: str, version: str) -> Manifest:
    old = version == VERSIONS[0]
    artifact = "" if old else PROJECT
    config = _descriptor(EMPTY if old else _EMPTY_JSON, _NOTHING)
    content = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        **({"artifactType": artifact} if artifact else {}),
        "config": config,
        "layers": [_layer(layer) for layer in layers],
        "annotations": {"org.opencontainers.image.created": created},
    }
    return Manifest(content=_json(content), artifact=artifact)


def _layer(layer: Layer) -> dict[str, Any]:
    kind = VARIABLES if layer.variables else FILE
    notes = {NAMED_BY[kind]: layer.name, _VERSION: COMPOSE_VERSION}
    if layer.named:
        notes[_EXTENDS] = "true"
    return _descriptor(kind, layer.content, dict(sorted(notes.items())))


def _descriptor(
    kind: str, content: bytes, notes: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what names a content, with the content itself."""
    return {
        "mediaType": kind,
        "digest": digest(content),
        "size": len(content),
        **({"annotations": notes} if notes else {}),
        "data": base64.b64encode(content).decode(),
    }


def publish_images(
    registry: Registry, project: Manifest, images: Iterable[tuple[Registry, str]]
) -> Manifest:
    """Copy images, each from a registry, and publish an index of them that belongs to `project`."""
    listed = [copy(source, name, registry) for source, name in images]
    subject = {
        "mediaType": project.kind,
        "digest": project.digest,
        "size": len(project.content),
        "annotations": {_VERSION: COMPOSE_VERSION},
        **({"artifactType": project.artifact} if project.artifact else {}),
    }
    index = {
        "schemaVersion": 2,
        "mediaType": _INDEX,
        "manifests": listed,
        "subject": subject,
        "annotations": {_VERSION: COMPOSE_VERSION},
    }
    made = Manifest(content=_json(index), kind=_INDEX)
    registry.put_manifest(made.digest, made.kind, made.content)
    return made


def copy(source: Registry, name: str, registry: Registry) -> dict[str, Any]:
    """Copy an image, by tag or digest, with all that it consists of; return its descriptor."""
    content = source.get(f"manifests/{name}", MANIFESTS, _LARGEST_MANIFEST)
    parsed = _parsed(content)
    children, blobs = _consists_of(parsed)
    for child in children:
        copy(source, child, registry)
    for blob in blobs:
        _copy_blob(source, *blob, registry)
    kind = str(parsed.get("mediaType") or (_MANIFEST if blobs else _INDEX))
    registry.put_manifest(digest(content), kind, content)
    host = "docker.io" if source.host == "registry-1.docker.io" else source.host
    return {
        "mediaType": kind,
        "digest": digest(content),
        "size": len(content),
        "annotations": {
            f"containerd.io/distribution.source.{host.partition(':')[0]}": source.repository
        },
    }


def _consists_of(manifest: Mapping[str, Any]) -> tuple[list[str], list[tuple[str, int]]]:
    """Return the digests of the manifests in an index, and the blobs, with their sizes."""
    try:
        children = [str(child["digest"]) for child in manifest.get("manifests") or ()]
        named = [manifest["config"], *manifest["layers"]] if "config" in manifest else []
        ours = [one for one in named if not one.get("urls")]  # of Windows: nobody may hand them on
        return children, [(str(one["digest"]), int(one["size"])) for one in ours]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise _unreadable() from None


def _copy_blob(source: Registry, name: str, size: int, registry: Registry) -> None:
    if source.host == registry.host and registry.mount(name, source.repository):
        return
    registry.put_blob(name, size, lambda: source.open(f"blobs/{name}"))


def _parsed(content: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(content)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise _unreadable()
    return parsed


def _unreadable() -> FetchFailed:
    return FetchFailed("the manifest of an image cannot be read")


_LARGEST_MANIFEST: Final = 4 * 1024 * 1024


def _json(content: Mapping[str, Any]) -> bytes:
    """Return JSON as Go writes it."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text.encode()
