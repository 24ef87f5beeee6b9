"""Artifacts that `docker compose publish` wrote: manifest → files in a directory.

The files of a project become documents of one compose.yaml, as Docker Compose
joins them; those that services are extended from, and env files, stand beside it
under the names the artifact gives them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from composer.checksum import sha256_hex
from composer.errors import FetchFailed
from composer.model.reference import ArtifactReference
from composer.record import dataclass
from composer.remote.cache import Cache
from composer.remote.registry import Registry

MANIFESTS: Final = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
PROJECT: Final = "application/vnd.docker.compose.project"
EMPTY: Final = "application/vnd.docker.compose.config.empty.v1+json"
FILE: Final = "application/vnd.docker.compose.file+yaml"
VARIABLES: Final = "application/vnd.docker.compose.envfile"
NAMED_BY: Final = {FILE: "com.docker.compose.file", VARIABLES: "com.docker.compose.envfile"}
_MAIN: Final = "compose.yaml"
_LARGEST_MANIFEST: Final = 4 * 1024 * 1024
_LARGEST: Final = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The files of a published project.  `new` says that they were fetched just now."""

    directory: str
    digest: str
    new: bool


def pull(reference: ArtifactReference, registry: Registry, cache: Cache) -> Artifact:
    """Return the files of an artifact; one named by its digest may come from the cache.

    Raises FetchFailed.
    """
    digest, content = reference.digest, b""
    if not digest or cache.find("oci", _key(digest)) is None:
        content = _manifest(registry, reference.digest or reference.tag)
        digest = digest or _digest(content)
    kept = cache.find("oci", _key(digest))
    if kept is not None:
        return Artifact(directory=kept, digest=digest, new=False)
    manifest = _project_manifest(reference, registry, content)
    files = _files(reference, registry, manifest)
    made = cache.keep("oci", _key(digest), lambda directory: _write(Path(directory), files))
    return Artifact(directory=made, digest=digest, new=True)


def _key(digest: str) -> str:
    return digest.partition(":")[2]


def _digest(content: bytes) -> str:
    return f"sha256:{sha256_hex(content)}"


def _manifest(registry: Registry, name: str) -> bytes:
    content = registry.get(f"manifests/{name}", MANIFESTS, _LARGEST_MANIFEST)
    if name.startswith("sha256:"):
        _verify(content, name)
    return content


def _verify(content: bytes, digest: str) -> None:
    if _digest(content) != digest:
        raise FetchFailed(
            f"the registry sent something else than {digest}", help="nothing of it was used"
        )


def _project_manifest(
    reference: ArtifactReference, registry: Registry, content: bytes
) -> Mapping[str, Any]:
    """Return the manifest of a project: `content` itself, or one that this index lists."""
    manifest = _parsed(reference, content)
    listed = manifest.get("manifests")
    if isinstance(listed, list):
        digests = [
            one.get("digest")
            for one in listed
            if isinstance(one, dict) and one.get("artifactType") == PROJECT
        ]
        if not digests:
            raise FetchFailed(f"{reference} lists images, and no compose project")
        manifest = _parsed(reference, _manifest(registry, str(digests[-1])))
    config = manifest.get("config")
    kind = manifest.get("artifactType") or (isinstance(config, dict) and config.get("mediaType"))
    if kind not in (PROJECT, EMPTY):
        raise FetchFailed(
            f"{reference} is no compose project, but {kind or 'something unknown'}",
            help="projects are made by docker compose publish",
        )
    return manifest


def _parsed(reference: ArtifactReference, content: bytes) -> Mapping[str, Any]:
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError):
        manifest = None
    if not isinstance(manifest, dict):
        raise _unreadable(reference)
    return manifest


def _unreadable(reference: ArtifactReference) -> FetchFailed:
    return FetchFailed(f"the manifest of {reference} cannot be read")


def _files(
    reference: ArtifactReference, registry: Registry, manifest: Mapping[str, Any]
) -> Mapping[str, bytes]:
    """Return the contents of the files by their names."""
    files: dict[str, list[bytes]] = {}
    layers = manifest.get("layers")
    left = _LARGEST
    for layer in layers if isinstance(layers, list) else []:
        name = _name(reference, layer)
        if name is not None:
            content = _content(reference, registry, layer, left)
            files.setdefault(name, []).append(content)
            left -= len(content)
    if _MAIN not in files:
        raise FetchFailed(f"{reference} has no compose file in it")
    return {name: _joined(contents) for name, contents in files.items()}


def _name(reference: ArtifactReference, layer: Any) -> str | None:
    """Return the name of the file that a layer is, None if it is of no concern."""
    if not isinstance(layer, dict) or not isinstance(notes := layer.get("annotations", {}), dict):
        raise _unreadable(reference)
    named_by = NAMED_BY.get(str(layer.get("mediaType")))
    if named_by is None:
        return None
    if layer["mediaType"] == FILE and "com.docker.compose.extends" not in notes:
        return _MAIN
    name = notes.get(named_by)
    if not isinstance(name, str) or set(name) & set("/\\\0") or name in ("", ".", "..", _MAIN):
        raise FetchFailed(f"{reference} names a file {name!r}, which is not to be trusted")
    return name


def _content(
    reference: ArtifactReference, registry: Registry, layer: Mapping[str, Any], limit: int
) -> bytes:
    """Return the content of a layer, which may stand in the manifest itself."""
    digest, size = layer.get("digest"), layer.get("size")
    if not isinstance(digest, str) or not isinstance(size, int):
        raise _unreadable(reference)
    if size > limit:
        raise FetchFailed(f"the files of {reference} are larger than {_LARGEST // 1024**2} MB")
    embedded = layer.get("data")
    if isinstance(embedded, str):
        try:
            content = base64.b64decode(embedded)
        except ValueError:
            raise _unreadable(reference) from None
    else:
        content = registry.get(f"blobs/{digest}", (), size)
    _verify(content, digest)
    return content


def _joined(contents: Sequence[bytes]) -> bytes:
    return b"\n---\n".join(contents)


def _write(directory: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (directory / name).write_bytes(content)
