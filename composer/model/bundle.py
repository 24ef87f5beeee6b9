"""A bundle: a project with its images, in one archive that needs no network."""

from __future__ import annotations

import re

from composer.model.names import is_project_name
from composer.model.resources import VolumeSpec
from composer.record import dataclass

MANIFEST = "bundle.json"
SEAL = "bundle.json.sha256"
IMAGES = "images.tar"
PROJECT = "project/"
TEMPLATE = "env.template"
VERSION = 1
CARRIER = "composer-bundle:"
"""What the names begin with under which images travel that have no other."""
_SEPARATES = re.compile(r"[:\x00-\x1f\x7f\x85\u2028\u2029]")
"""Paths in COMPOSE_FILE, or lines in the file where that stands."""


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
class RenamedImage:
    """An image that the project names by a digest, as `ref`.

    It travels as `carried`, and is called `name` where it arrives.
    """

    ref: str
    name: str
    carried: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a bundle holds.

    `compose_files` begin at the project's directory; `missing` are files that the project
    names and that the bundle has not.  `images` have the names by which they arrive;
    `override` is the compose file, on top of the others, that knows those of `renamed`.
    """

    project: str
    compose_files: tuple[str, ...]
    members: tuple[Member, ...] = ()
    images: tuple[str, ...] = ()
    renamed: tuple[RenamedImage, ...] = ()
    override: str = ""
    volumes: tuple[BundledVolume, ...] = ()
    missing: tuple[str, ...] = ()


def can_be_listed(path: str) -> bool:
    """Say whether COMPOSE_FILE, in an env file, can name the file at `path`."""
    return _SEPARATES.search(path) is None


def is_sound(bundle: Bundle) -> bool:
    """Say whether nothing leads out of the directory that a bundle is unpacked into.

    Nor may a name be taken from an image that has come otherwise.
    """
    files = (*bundle.compose_files, *((bundle.override,) if bundle.override else ()))
    return (
        is_project_name(bundle.project)
        and bool(bundle.compose_files)
        and all(_stays_inside(path) and can_be_listed(path) for path in files)
        and all(one.carried.startswith(CARRIER) for one in bundle.renamed)
    )


def _stays_inside(path: str) -> bool:
    return bool(path) and not path.startswith("/") and ".." not in path.split("/")
