"""A bundle: a project with its images, in one archive that needs no network."""

from __future__ import annotations

from composer.model.resources import VolumeSpec
from composer.record import dataclass

MANIFEST = "bundle.json"
SEAL = "bundle.json.sha256"
IMAGES = "images.tar"
PROJECT = "project/"
TEMPLATE = "env.template"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of the archive, with the hash of its content; `mode` is that of a project's file."""

    name: str
    size: int
    sha256: str
    mode: int = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledVolume:
    """A volume, and the name of the archive of what is in it."""

    spec: VolumeSpec
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a bundle holds.

    `compose_files` begin at the project's directory; `missing` are files that the project
    names and that the bundle has not.
    """

    project: str
    compose_files: tuple[str, ...]
    members: tuple[Member, ...] = ()
    images: tuple[str, ...] = ()
    volumes: tuple[BundledVolume, ...] = ()
    missing: tuple[str, ...] = ()
