"""What is known of the services and containers that are watched for.

A container has `pending` what it lacks; a service keeps in `journal` all that changed
since watching began, so that a container that comes later lacks nothing.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Mapping

from composer.model.observed import MountPoint, ObservedContainer
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.bounds import Bounds
from composer.planner.watch import Reaction, Rule
from composer.record import dataclass, field
from composer.watching.packing import Owner
from composer.watching.tree import Stamp, is_directory

Sources = dict[str, str]
"""Paths of this machine, by those in containers."""


@dataclass(slots=True)
class Copy:
    """One container.  `blocked`: what it lacks cannot be sent before something changes.

    `moved`: something did while a load was on its way.
    """

    container: ObservedContainer
    pending: Sources = field(default_factory=dict)
    fresh: bool = False
    flying: bool = False
    blocked: bool = False
    moved: bool = False
    told: set[str] = field(default_factory=set)

    @property
    def idle(self) -> bool:
        return not self.flying and (self.blocked or not self.pending)

    def lack(self, sources: Mapping[str, str]) -> None:
        """Note what it does not have, or not as it is now; the latest comes last."""
        for target, source in sources.items():
            self.pending.pop(target, None)
            self.pending[target] = source
        self.blocked = False

    def take(self) -> Sources:
        """Return what is to be sent now."""
        taken, self.pending, self.flying = self.pending, {}, True
        self.moved = False
        return taken

    def move(self) -> None:
        """Note that something has changed."""
        self.blocked, self.moved = False, True

    def block(self) -> bool:
        """Send nothing before something changes, if it has not meanwhile; say whether it waits."""
        self.blocked = not self.moved
        return self.blocked

    def landed(self, left: Mapping[str, str]) -> None:
        """Note that a load has arrived, but for what is left of it."""
        self.pending = {**left, **self.pending}
        self.flying = False

    def base(self, target: str) -> str:
        """Return the directory of an archive with `target`: that of its mount, else the root.

        Into a read-only container an engine unpacks within its volumes only.
        """
        mounts = (mount.target for mount in self.container.mounts)
        inside = [one for one in mounts if target == one or target.startswith(one + "/")]
        inside = [one for one in inside if target != one]
        return max(inside, key=len, default="/")


@dataclass(slots=True)
class Served:
    """One service: its rules, what is due for it, and when (by the monotonic clock).

    `doing` is what is under way for it, in a word.
    """

    name: str
    rules: tuple[Rule, ...]
    owner: Owner | None = None
    tmpfs: tuple[MountPoint, ...] = ()
    first: Sources = field(default_factory=dict)
    journal: Sources = field(default_factory=dict)
    restart: bool = False
    rebuild: bool = False
    commands: dict[int, None] = field(default_factory=dict)
    due: float | None = None
    doing: str = ""
    kept: frozenset[str] = frozenset()
    forgotten: Sources = field(default_factory=dict)

    def note(self, reaction: Reaction, due: float) -> None:
        """Note what changed, and what is to follow at the moment `due`."""
        for target, source in reaction.sent.items():
            self.journal.pop(target, None)
            self.journal[target] = source
        if reaction.follows:
            self.restart |= reaction.restart
            self.rebuild |= reaction.rebuild
            self.commands |= reaction.commands
            self.due = due

    def bounds(self, container: ObservedContainer) -> Bounds:
        """Return what is left alone in a container; of a tmpfs of `tmpfs` no engine tells."""
        own = (rule.places for rule in self.rules if rule.sends)
        mounts = (*container.mounts, *self.tmpfs)
        return Bounds(mounts=mounts, own=frozenset().union(*own), kept=self.kept)

    def forget_removed(self) -> None:
        """Forget what was removed before a build: it is not removed from what that makes."""
        gone = {to: at for to, at in self.journal.items() if not os.path.lexists(at)}
        self.journal = {to: at for to, at in self.journal.items() if to not in gone}
        self.forgotten |= gone  # another build may be under way, and fail

    def has_built(self, *, well: bool) -> None:
        """Know again what was forgotten for a build, if that has failed."""
        if not well:
            self.journal = {**self.forgotten, **self.journal}
        self.forgotten = {}

    def inherit(self, before: Served) -> None:
        """Take over what has changed and what is due from what was known under other rules."""
        self.journal = _sent(self.rules, before.journal.values(), first=False)
        if before.doing:  # a build may be under way that fails yet; any other has been done well
            self.forgotten = _sent(self.rules, before.forgotten.values(), first=False)
        self.restart, self.rebuild = before.restart, before.rebuild
        self.due, self.doing = before.due, before.doing
        watched = {rule.index: rule.watch for rule in before.rules}
        same = (rule.index for rule in self.rules if watched.get(rule.index) == rule.watch)
        self.commands = {index: None for index in same if index in before.commands}

    def begin(self) -> tuple[bool, bool, tuple[int, ...]]:
        """Return whether to rebuild, whether to restart, and the rules with commands to run."""
        if self.rebuild:
            self.forget_removed()
        work = self.rebuild, self.restart, tuple(sorted(self.commands))
        self.doing = "rebuilding" if self.rebuild else "a command in"
        if self.restart and not self.rebuild:
            self.doing = "restarting"
        self.rebuild = self.restart = False
        self.commands, self.due = {}, None
        return work

    def everything(self) -> Sources:
        """Return what a container lacks of which nothing is known."""
        return {**self.first, **self.journal}


def served(
    project: Project,
    rules: Iterable[Rule],
    known: Mapping[str, Stamp],
    before: Mapping[str, Served],
) -> dict[str, Served]:
    """Return what is watched for now; of the services `before` what changed is kept."""
    found: dict[str, Served] = {}
    by_service: dict[str, list[Rule]] = {}
    for rule in rules:
        by_service.setdefault(rule.service, []).append(rule)
    for name, own in by_service.items():
        service = project.services[name]
        one = Served(name, tuple(own), owner_of(service), _tmpfs_of(service))
        one.kept = _volumes_of(service)
        files = [path for path, stamp in known.items() if not is_directory(stamp)]
        one.first = _sent(own, files, first=True)
        if (old := before.get(name)) is not None:
            one.inherit(old)
        found[name] = one
    return found


def _sent(rules: Iterable[Rule], paths: Iterable[str], *, first: bool) -> Sources:
    sending = [rule for rule in rules if (rule.initial if first else rule.sends)]
    if not sending:
        return {}
    return {
        rule.target(path): path
        for path in paths
        for rule in sending
        if (rule.begins_with(path) if first else rule.concerns(path))
    }


def _tmpfs_of(service: Service) -> tuple[MountPoint, ...]:
    places = (posixpath.normpath(text.partition(":")[0]) for text in service.tmpfs)
    return tuple(MountPoint(type="tmpfs", target=place) for place in places)


def _volumes_of(service: Service) -> frozenset[str]:
    """Return where the file mounts volumes."""
    return frozenset(
        posixpath.normpath(mount.target) for mount in service.volumes if mount.type == "volume"
    )


def owner_of(service: Service) -> Owner | None:
    """Return the user of a service, if the file says it by number: then no engine need know it."""
    user, _, group = (service.user or "").partition(":")
    if not user.isdecimal() or (group and not group.isdecimal()):
        return None
    return Owner(int(user), int(group or 0))
