"""A project: everything the files say, resolved and in long form."""

from __future__ import annotations

from collections.abc import Mapping

from composer.model.service import Service
from composer.record import dataclass, field
from composer.source import Path, SourceMark


@dataclass(frozen=True, slots=True, kw_only=True)
class IpamPool:
    subnet: str | None = None
    gateway: str | None = None
    ip_range: str | None = None
    aux_addresses: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipam:
    driver: str | None = None
    config: tuple[IpamPool, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """An entry under `networks`.  `name` is the engine's name for it."""

    name: str
    driver: str | None = None
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    ipam: Ipam = field(default_factory=Ipam)
    external: bool = False
    internal: bool = False
    attachable: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    enable_ipv4: bool | None = None
    enable_ipv6: bool | None = None
    extensions: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """An entry under `volumes`.  `name` is the engine's name for it."""

    name: str
    driver: str | None = None
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    external: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileObject:
    """An entry under `configs` or `secrets`.

    `content` is what `environment` resolved to when that is set; it is never
    printed for a secret.
    """

    name: str
    file: str | None = None
    environment: str | None = None
    content: str | None = field(default=None, repr=False)
    external: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    driver: str | None = None
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    template_driver: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is in a config or secret; a file has the owner and the mode that it has here."""

    data: bytes = field(repr=False)
    uid: int = 0
    gid: int = 0
    mode: int = 0o444


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """An entry under `models`: an AI model that the engine's model runner serves."""

    name: str | None = None
    model: str
    context_size: int | None = None
    runtime_flags: tuple[str, ...] = ()
    extensions: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An entry under `jobs`: a container that runs to its end, and what makes it run."""

    container: Service
    triggers: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What the files describe.

    `services` holds the active ones, in the order of the file; `disabled` those
    switched off by profiles: known, not run, not orphans.  `separator` joins the
    parts of container and image names.  `default_platform` is for services that
    name none.  `marks` says where each value was written, so that a late error still
    points at the text.  `contents` are those of configs and secrets, by section and
    key, as far as they were read; nothing prints them.  `elsewhere` says that the
    engine runs on another machine, where this one's files are not.  `provided` are
    the variables of each service that the file does not say: providers and models
    told them.  `bases` are the images that the Dockerfile of each service names, as far
    as they were read.
    """

    name: str
    directory: str
    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    services: Mapping[str, Service] = field(default_factory=dict)
    disabled: Mapping[str, Service] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    networks: Mapping[str, Network] = field(default_factory=dict)
    volumes: Mapping[str, Volume] = field(default_factory=dict)
    secrets: Mapping[str, FileObject] = field(default_factory=dict)
    configs: Mapping[str, FileObject] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)
    extensions: Mapping[str, object] = field(default_factory=dict)
    separator: str = "-"
    default_platform: str | None = None
    marks: Mapping[Path, SourceMark] = field(default_factory=dict, repr=False)
    contents: Mapping[tuple[str, str], Content] = field(
        default_factory=dict, repr=False, compare=False
    )
    elsewhere: bool = False
    provided: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bases: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    def mark(self, *path: str | int) -> SourceMark | None:
        """Return where the value at `path`, or its nearest ancestor, was written."""
        for length in range(len(path), 0, -1):
            if found := self.marks.get(path[:length]):
                return found
        return None
