"""What containers of the fake engine use: as much as a test says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from composer.model.usage import Processes, Sample
from support.world import World

_TITLES = ("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")
_GIB = 1024**3


class FakeUsage(World):
    def processes(self, containers: Iterable[str]) -> Mapping[str, Processes]:
        with self.changed:
            found = {}
            for number, container in enumerate(containers):
                if self.known(container) and (live := self.find(container)).running:
                    command = " ".join(live.command)
                    row = ("root", str(100 + number), "1", "0", "10:00", "?", "00:00:00", command)
                    found[container] = Processes(titles=_TITLES, rows=(row,))
            return found

    def samples(self, containers: Iterable[str]) -> Mapping[str, Sample]:
        """Return what a test has put into `used`, in order; the last of it again and again."""
        with self.changed:
            return {one: self._sample(one) for one in containers if self.known(one)}

    def _sample(self, container: str) -> Sample:
        live = self.find(container)
        if not live.running:
            return Sample()
        limit = int(live.spec.config.mem_limit) or 8 * _GIB
        told = self.used.get(live.name, [])
        if told:
            return told.pop(0) if len(told) > 1 else told[0]
        pids = live.spec.config.pids_limit or None
        return Sample(cpus=2, memory=1024**2, memory_limit=limit, pids=1, pids_limit=pids)
