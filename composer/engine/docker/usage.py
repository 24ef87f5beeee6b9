"""What containers use: /top and /stats → Processes and Sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from composer.engine.docker.base import Base
from composer.engine.docker.wire import Question
from composer.errors import Conflict, EngineError, NotFound
from composer.model.usage import Processes, Sample

Json = Mapping[str, Any]

_NOW = {"stream": False, "one-shot": True}
"""Else the engine takes two samples, a second apart, before it answers."""

_MANY, _FEW = 128, 8
"""How many are asked at once: an older engine answers all of them when it takes its next sample,
within a second.  Over ssh each takes a process.
"""

_NO_LIMIT = 2**63


class Usage(Base):
    def processes(self, containers: Iterable[str]) -> dict[str, Processes]:
        return {
            container: Processes(
                titles=tuple(json.get("Titles") or ()),
                rows=tuple(tuple(row) for row in json.get("Processes") or ()),
            )
            for container, json in self._of_each(containers, "top", None).items()
        }

    def samples(self, containers: Iterable[str]) -> dict[str, Sample]:
        answers = self._of_each(containers, "stats", _NOW)
        return {container: sample(json) for container, json in answers.items()}

    def _of_each(
        self, containers: Iterable[str], what: str, params: Mapping[str, object] | None
    ) -> dict[str, Any]:
        """Return the answers of those containers that are there, and run where they have to."""
        asked = tuple(dict.fromkeys(containers))
        questions = [Question(f"/containers/{one}/{what}", params, one) for one in asked]
        at_once = _FEW if self._wire.address.scheme == "ssh" else _MANY
        answers = self._wire.ask(questions, at_once=at_once)
        found = {}
        for container, answer in zip(asked, answers, strict=True):
            if isinstance(answer, EngineError) and not _without(answer):
                raise answer
            if not isinstance(answer, EngineError) and answer is not None:
                found[container] = answer  # one that vanishes meanwhile is told as nothing at all
        return found


def _without(error: EngineError) -> bool:
    """Say whether `error` means that the container does not run, or is gone."""
    if isinstance(error, (Conflict, NotFound)):
        return True
    return "is not running" in error.message or "is restarting" in error.message


def sample(json: Json) -> Sample:
    """Return what one answer of /stats tells.  Memory is without what the system would give back.

    Docker's client counts in the same way (docker/cli stats_helpers.go).
    """
    cpu = json.get("cpu_stats") or {}
    used = cpu.get("cpu_usage") or {}
    memory = json.get("memory_stats") or {}
    networks = (json.get("networks") or {}).values()
    blocks = (json.get("blkio_stats") or {}).get("io_service_bytes_recursive") or ()
    pids = json.get("pids_stats") or {}
    limit = int(pids.get("limit") or 0)
    return Sample(
        cpu=int(used.get("total_usage") or 0),
        system=int(cpu.get("system_cpu_usage") or 0),
        cpus=int(cpu.get("online_cpus") or len(used.get("percpu_usage") or ())),
        memory=_without_cache(memory),
        memory_limit=int(memory.get("limit") or 0),
        received=sum(int(one.get("rx_bytes") or 0) for one in networks),
        sent=sum(int(one.get("tx_bytes") or 0) for one in networks),
        read=sum(int(one["value"]) for one in blocks if one.get("op", "")[:1] in ("r", "R")),
        written=sum(int(one["value"]) for one in blocks if one.get("op", "")[:1] in ("w", "W")),
        pids=int(pids.get("current") or 0),
        pids_limit=limit if 0 < limit < _NO_LIMIT else None,
    )


def _without_cache(memory: Json) -> int:
    usage = int(memory.get("usage") or 0)
    details = memory.get("stats") or {}
    for name in ("total_inactive_file", "inactive_file"):  # cgroup v1, and v2
        if name in details and int(details[name]) < usage:
            return usage - int(details[name])
    return usage
