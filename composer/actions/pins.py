"""The lock file: the digests of all images of a project, to be kept with its files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from composer.errors import ComposerError, InvalidProject, Problem
from composer.model.project import Project
from composer.pattern import pattern
from composer.planner.pins import Pins, missing, pinnable, with_pins
from composer.record import dataclass

NAME: Final = "compose.lock"
_VERSION: Final = 1
_DIGEST: Final = pattern(r"sha256:[0-9a-f]{64}")
_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """The lock file before and after, and what could not be found out, by image."""

    before: Pins
    after: Pins
    failed: tuple[Problem, ...] = ()


def read(path: str) -> Pins:
    """Return what a lock file says.  Raises InvalidProject if there is none, or it is broken."""
    try:
        with open(path, encoding="utf-8") as file:
            said = json.load(file)
        images = said["images"]
        if said["version"] != _VERSION or not all(map(_DIGEST.fullmatch, images.values())):
            raise ValueError
    except FileNotFoundError:
        raise InvalidProject(
            [Problem(f"there is no {path}", help="composer lock makes it")]
        ) from None
    except OSError as error:
        raise InvalidProject([Problem(f"{path}: {(error.strerror or '').lower()}")]) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        hint = "composer lock makes it anew, once it is out of the way"
        raise InvalidProject([Problem(f"{path} is no lock file of composer", help=hint)]) from None
    return {str(ref): str(digest) for ref, digest in images.items()}


def write(path: str, pins: Pins) -> None:
    """Write a lock file; another one is replaced by all of it or by nothing."""
    text = json.dumps({"version": _VERSION, "images": dict(sorted(pins.items()))}, indent=2)
    beside = f"{path}.{os.getpid()}.new"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.replace(beside, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(beside)
        raise ComposerError(f"{path}: {(error.strerror or '').lower()}") from None


def renew(
    project: Project,
    services: Collection[str],
    before: Pins,
    digest_of: Callable[[str], str],
) -> Renewal:
    """Ask for the digests of the images of `services`; others stay what they were.

    Without any it is all of them, and what no service uses goes.
    """
    every = _refs(project, project.services)
    asked = _refs(project, services) if services else every
    found: dict[str, str] = {}
    failed = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for ref, answer in zip(
            asked, pool.map(lambda ref: _asked(digest_of, ref), asked), strict=True
        ):
            if isinstance(answer, ComposerError):
                failed.append(Problem(answer.message, help=answer.help))
            else:
                found[ref] = answer
    kept = before if services else {ref: before[ref] for ref in every if ref in before}
    return Renewal(before=before, after={**kept, **found}, failed=tuple(failed))


def obeyed(project: Project, path: str, services: Collection[str] = ()) -> Project:
    """Return the project with the images of its lock file.

    Raises InvalidProject with every image that is not in there, of `services` and what they
    depend on if some are named.
    """
    pins = read(path)
    if problems := missing(project, services, pins, NAME):
        raise InvalidProject(problems)
    return with_pins(project, pins)


def _refs(project: Project, services: Iterable[str]) -> list[str]:
    return sorted({ref for name in services for ref in pinnable(project, project.services[name])})


def _asked(digest_of: Callable[[str], str], ref: str) -> str | ComposerError:
    try:
        return digest_of(ref)
    except ComposerError as error:
        return error
