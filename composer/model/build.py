"""The `build` and `develop` sections of a service, in long form."""

from __future__ import annotations

from collections.abc import Mapping

from composer.model.units import Bytes
from composer.record import dataclass, field

Strings = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildUlimit:
    single: int | None = None
    soft: int | None = None
    hard: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSecret:
    source: str
    target: str | None = None
    uid: str | None = None
    gid: str | None = None
    mode: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How an image is made.  `context` is an absolute path, or a git or HTTP address."""

    context: str
    dockerfile: str | None = None
    dockerfile_inline: str | None = None
    entitlements: Strings = ()
    args: Mapping[str, str | None] = field(default_factory=dict)
    provenance: str | None = None
    sbom: str | None = None
    ssh: Mapping[str, str | None] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    cache_from: Strings = ()
    cache_to: Strings = ()
    no_cache: bool = False
    no_cache_filter: Strings = ()
    additional_contexts: Mapping[str, str] = field(default_factory=dict)
    pull: bool = False
    extra_hosts: Strings = ()
    isolation: str | None = None
    network: str | None = None
    target: str | None = None
    secrets: tuple[BuildSecret, ...] = ()
    shm_size: Bytes = Bytes(0)
    tags: Strings = ()
    ulimits: Mapping[str, BuildUlimit] = field(default_factory=dict)
    platforms: Strings = ()
    privileged: bool = False
    extensions: Mapping[str, object] = field(default_factory=dict)


def needs_buildkit(build: Build) -> tuple[str, ...]:
    """Return the attributes of `build` that the classic builder knows nothing of."""
    uses = {
        "additional_contexts": build.additional_contexts,
        "cache_to": build.cache_to,
        "entitlements": build.entitlements,
        "no_cache_filter": build.no_cache_filter,
        "privileged": build.privileged,
        "provenance": build.provenance not in (None, "", "false"),
        "sbom": build.sbom not in (None, "", "false"),
        "secrets": build.secrets,
        "ssh": build.ssh,
    }
    return tuple(name for name, used in uses.items() if used)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchExec:
    command: Strings = ()
    user: str | None = None
    privileged: bool = False
    working_dir: str | None = None
    environment: Mapping[str, str | None] = field(default_factory=dict)
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What happens when files below `path` change."""

    path: str
    action: str
    target: str | None = None
    exec: WatchExec | None = None
    include: Strings = ()
    ignore: Strings = ()
    initial_sync: bool = False
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Develop:
    watch: tuple[Watch, ...] = ()
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)
