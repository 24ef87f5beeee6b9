"""The content of configs and secrets as part of what a container is.

Not in the config hash, which Docker Compose writes too: in a label of our own, with a
digest for each, so that a plan can say which one changed.  A container without that
label was made by somebody else, and no content of it is known to be another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from composer.checksum import slow_digest
from composer.model.names import Label
from composer.model.observed import ObservedContainer
from composer.model.plan import Change
from composer.model.project import Content, FileObject, Project
from composer.model.service import FileReference, Service
from composer.record import dataclass
from composer.source import SourceMark

_SHORT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A config or secret (`section`) as a service uses it, by the `index` of its entry."""

    section: str
    index: int
    reference: FileReference
    entry: FileObject

    @property
    def key(self) -> tuple[str, str]:
        return self.section, self.reference.source

    @property
    def name(self) -> str:
        """How people call it: "configs.nginx"."""
        return ".".join(self.key)


def uses(project: Project, service: Service) -> Iterator[Use]:
    """Yield the configs, then the secrets that `service` uses and the project has."""
    for section, references, entries in (
        ("configs", service.configs, project.configs),
        ("secrets", service.secrets, project.secrets),
    ):
        for index, reference in enumerate(references):
            entry = entries.get(reference.source)
            if entry is not None:
                yield Use(section=section, index=index, reference=reference, entry=entry)


def content_of(project: Project, use: Use) -> Content | None:
    """Return the content, None if it was not, or could not be, read."""
    if use.entry.content is not None:
        return Content(data=use.entry.content.encode(errors="surrogateescape"))
    return project.contents.get(use.key)


def digests(project: Project, service: Service) -> Mapping[str, str]:
    """Return the digests of what `service` uses, by name; what was not read is left out.

    So is what no file declares, such as credentials for the engine's socket, which are
    others every few hours.
    """
    found = {}
    for use in uses(project, service):
        content = content_of(project, use)
        if content is not None and not use.reference.source.startswith("#"):
            found[use.name] = _digest(content.data, f"{project.name}/{use.name}")
    return dict(sorted(found.items()))


def content_label(project: Project, service: Service) -> str:
    """Return the digests as one text, "" if there is nothing to tell."""
    return ",".join(f"{name}={digest}" for name, digest in digests(project, service).items())


def changed(project: Project, service: Service, live: ObservedContainer) -> Mapping[str, Change]:
    """Return what has another content now than `live` was given, by name."""
    given = _read_label(live.delivered or live.labels.get(Label.CONTENT, ""))
    if not given:
        return {}
    return {
        name: Change(name, given[name][:_SHORT], digest[:_SHORT], _mark(project, name))
        for name, digest in digests(project, service).items()
        if given.get(name, digest) != digest
    }


def worded(names: Iterable[str]) -> str:
    """Return why a container is not as it should be: "the content of config 'nginx' changed"."""
    said = [f"{section[:-1]} {key!r}" for section, _, key in (n.partition(".") for n in names)]
    return f"the content of {' and '.join(said)} changed"


def _mark(project: Project, name: str) -> SourceMark | None:
    section, _, key = name.partition(".")
    entry: FileObject = getattr(project, section)[key]
    ways = (way for way in ("file", "environment", "content") if getattr(entry, way) is not None)
    return project.mark(section, key, next(ways, ""))


def _read_label(text: str) -> Mapping[str, str]:
    pairs = (item.partition("=") for item in text.split(","))
    return {name: digest for name, _, digest in pairs if digest}


@cache
def _digest(content: bytes, salt: str) -> str:
    return slow_digest(content, salt)
