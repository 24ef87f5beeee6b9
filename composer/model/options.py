"""Typed requests: what a command was asked for, free of flags."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from composer.model.command import Command
from composer.record import dataclass, field

if TYPE_CHECKING:
    from composer.model.one_off import RunOptions
    from composer.model.reference import Fetch
    from composer.source import SourceFile


class Recreate(Enum):
    DIVERGED = "diverged"
    FORCE = "force"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOptions:
    """How to come by images.  `pull` overrides every service's pull_policy.

    With `obey_never` those that the file says are never pulled are left out of that.
    `now` is in seconds since the epoch, for policies such as daily.
    """

    build: bool = False
    no_build: bool = False
    pull: str | None = None
    obey_never: bool = False
    quiet_pull: bool = False
    quiet_build: bool = False
    now: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    args: Mapping[str, str | None] = field(default_factory=dict)
    no_cache: bool = False
    pull: bool = False
    quiet: bool = False
    push: bool = False
    with_dependencies: bool = False
    builder: str | None = None
    ssh: Mapping[str, str | None] = field(default_factory=dict)
    provenance: str | None = None
    sbom: str | None = None
    memory: int = 0
    check: bool = False
    every_platform: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PullOptions:
    """`policy` is None (that of the file), missing or always."""

    services: tuple[str, ...] = ()
    dependencies: bool = False
    ignore_buildable: bool = False
    ignore_failures: bool = False
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOptions:
    services: tuple[str, ...] = ()
    dependencies: bool = False
    ignore_failures: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UpOptions:
    """`services` empty is all of them.  `timeout` is in seconds, None the service's own.

    With `rollback` a replaced container comes back when its successor fails.
    `renew_volumes` are volumes, by the engine's names, that the user agreed to lose: if
    they differ from the file they are made anew.  With `one_off`, a service of the project
    is run once, as it says.
    """

    services: tuple[str, ...] = ()
    images: ImageOptions = field(default_factory=ImageOptions)
    recreate: Recreate = Recreate.DIVERGED
    recreate_dependencies: Recreate = Recreate.DIVERGED
    renew_anonymous_volumes: bool = False
    renew_volumes: frozenset[str] = frozenset()
    no_deps: bool = False
    start: bool = True
    rollback: bool = True
    remove_orphans: bool = False
    ignore_orphans: bool = False
    scale: Mapping[str, int] = field(default_factory=dict)
    timeout: float | None = None
    wait: bool = False
    wait_timeout: float | None = None
    one_off: RunOptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownOptions:
    """`images` is None, "local" or "all"; `timeout` is in seconds."""

    services: tuple[str, ...] = ()
    remove_orphans: bool = False
    volumes: bool = False
    images: str | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """`tail` is None for all lines; `since` and `until` as the engine takes them.

    `services` None is all that have containers.  `sifted`: not all lines are wanted, so
    that the last ones are those of the wanted.
    """

    services: tuple[str, ...] | None = None
    follow: bool = False
    tail: int | None = None
    sifted: bool = False
    since: str | None = None
    until: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecOptions:
    """A command to run in a running container.  `index` None is the lowest replica."""

    service: str
    command: Command
    index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachOptions:
    """Whose process to join.  `detach_keys` are those that the engine heeds."""

    service: str
    index: int | None = None
    interactive: bool = True
    detach_keys: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """Which files to load and how.

    `files`, `env_files` and `profiles` are what the flags said, empty when they
    said nothing; `environment` is the process environment.  `services` are the
    ones named on the command line: naming one switches its profiles on.  With `jobs` a job
    may be named as well, and is a service then; no other job is there.
    `written` keeps the forms that were written, which a model that is not to be
    bound may have; `keep_optional` keeps dependencies on services that are
    switched off.  `fetch` gets files from elsewhere; without it there are none.
    `texts` are what files are to say, by their absolute paths, whatever they do say.
    """

    working_directory: str
    environment: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    project_name: str | None = None
    project_directory: str | None = None
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    jobs: bool = False
    all_resources: bool = False
    compatibility: bool = False
    interpolate: bool = True
    written: bool = False
    keep_optional: bool = False
    normalise: bool = True
    resolve_paths: bool = True
    resolve_environment: bool = True
    check_consistency: bool = True
    texts: Mapping[str, SourceFile] = field(default_factory=dict)
    fetch: Fetch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOptions:
    """Something to copy between this machine and a service, whichever side has a colon.

    "-" on this machine's side is a tar archive, in or out.  `all`: one-off containers too;
    `follow`: a link at the source stands for what it leads to.
    """

    source: str
    target: str
    index: int | None = None
    all: bool = False
    archive: bool = False
    follow: bool = False
