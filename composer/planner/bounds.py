"""What watching leaves alone in a container: what is mounted there, and what is its own.

To unpack a file over a directory, and `rm`, remove all below, in what is mounted there too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from composer.model.observed import MountPoint
from composer.record import dataclass

Spared: TypeAlias = dict[str, tuple[str, str]]
"""Why a path of a container is left alone and what to do, by the path; "" needs no word."""

_HERE = {"bind": "a bind mount", "volume": "a volume", "tmpfs": "a tmpfs"}
_QUIETLY = ("", "")
_ANONYMOUS = 64
"""How long the name of a volume is that nobody has named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """`mounts` are those of the container, `own` the places that the rules themselves name.

    `kept` are those where the file itself mounts a volume.
    """

    mounts: tuple[MountPoint, ...] = ()
    own: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()

    def unsent(self, sources: Mapping[str, str]) -> Spared:
        """Return what belongs into bind mounts: what is there is of this machine already.

        And into volumes of the file's that no rule names: what is in there is the containers'.
        """
        spared: Spared = {}
        for target, source in sources.items():
            mount = self._around(target)
            if mount is None:
                continue
            if mount.type != "bind":
                if self._keeps(mount, target):
                    spared[target] = _kept(mount)
                continue
            shown = f"{mount.source}{target[len(mount.target.rstrip('/')) :]}"
            why = f"{mount.target} is a bind mount: what changes here is not sent there"
            ignored = (why, "name it in 'ignore' of the rule")
            spared[target] = _QUIETLY if shown == source else ignored
        return spared

    def unwritten(self, directories: Iterable[str], files: Iterable[str]) -> Spared:
        """Return what would change the root of a mount, or take the place of one."""
        places = {mount.target for mount in self.mounts}
        spared: Spared = {one: _QUIETLY for one in directories if one in places}
        for target in files:
            if (mount := self._at_or_below(target)) is not None:
                why = f"{_said(mount)}: no file takes its place, nor that of what holds it"
                spared[target] = (
                    why,
                    "call the file otherwise, or name it in 'ignore' of the rule",
                )
        return spared

    def unremoved(self, targets: Iterable[str]) -> Spared:
        """Return what holds a mount, or is in one that no rule names."""
        spared: Spared = {}
        for target in targets:
            mount = self._at_or_below(target) or self._unnamed(target)
            if mount is not None:
                help = "remove it in the container if you mean it"
                spared[target] = (f"{_said(mount)}: what is gone here is not removed there", help)
        return spared

    def _keeps(self, mount: MountPoint, target: str) -> bool:
        """Say whether `target` is in a volume that somebody asked for, and no rule names."""
        asked_for = mount.target in self.kept or len(mount.name or "") not in (0, _ANONYMOUS)
        return asked_for and target != mount.target and self._unnamed(target) is not None

    def _around(self, target: str) -> MountPoint | None:
        """Return the mount that a path is in, or is."""
        found = (mount for mount in self.mounts if _is_in(target, mount.target))
        return max(found, key=lambda mount: len(mount.target), default=None)

    def _at_or_below(self, target: str) -> MountPoint | None:
        return next((mount for mount in self.mounts if _is_in(mount.target, target)), None)

    def _unnamed(self, target: str) -> MountPoint | None:
        mount = self._around(target)
        if mount is None:
            return None
        named = any(_is_in(one, mount.target) and _is_in(target, one) for one in self.own)
        return None if named else mount


def _kept(mount: MountPoint) -> tuple[str, str]:
    help = "let the target of a rule be in it if you mean it, or name it in 'ignore' of the rule"
    return f"{_said(mount)}: what changes here is not sent there", help


def _said(mount: MountPoint) -> str:
    return f"{mount.target} is {_HERE.get(mount.type, 'a mount')}"


def _is_in(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")
