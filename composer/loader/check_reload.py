"""What `x-composer: {reload: …}` says of a config or secret: a signal, or `false`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from composer.errors import Problem, nearest
from composer.model.project import Project
from composer.model.reload import DEADLY, KEY, RELOAD, said_in, signal_named, signals
from composer.model.service import Service
from composer.source import Path

_HELP: Final = "write a signal such as SIGHUP, or false"


def problems(project: Project) -> Iterator[Problem]:
    """Yield a problem for everything but a signal that a program can hear of."""
    for path, extensions in _places(project):
        said = said_in(extensions)
        if said is None or said is False:
            continue
        signal = signal_named(said)
        mark = project.mark(*path, KEY, RELOAD)
        if signal is None:
            shown = repr(said) if isinstance(said, str) else str(said).lower()
            yield Problem(f"{shown} is no signal", mark, help=_meant(said))
        elif signal in DEADLY:
            yield Problem(f"no program can reload at {signal}: it never hears of it", mark, _HELP)


def _places(project: Project) -> Iterator[tuple[Path, Mapping[str, object]]]:
    for section in ("configs", "secrets"):
        for key, entry in getattr(project, section).items():
            yield (section, key), entry.extensions
    for service in project.services.values():
        yield from _in_service(service)


def _in_service(service: Service) -> Iterator[tuple[Path, Mapping[str, object]]]:
    at = ("services", service.name)
    yield at, service.extensions
    for section in ("configs", "secrets"):
        for index, reference in enumerate(getattr(service, section)):
            yield (*at, section, index), reference.extensions


def _meant(said: object) -> str:
    text = str(said).upper()
    word = nearest(text if text.startswith("SIG") else f"SIG{text}", signals(), cutoff=0.8)
    return f"did you mean {word}?" if word else _HELP
