"""Does the engine still run the probe of a container that is said to be starting?

One that is restarted without stopping its containers (`--live-restore`) forgets the
probes of those that it finds running, and calls them "starting" for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from composer.engine.docker.clock import nanoseconds
from composer.model.observed import ContainerState
from composer.model.units import SECOND
from composer.record import replace

_DEFAULT_SECONDS = 30
_SPARE_SECONDS = 10
"""What a probe may be late on a machine that has much to do."""


def with_probe_checked(state: ContainerState, engine_now: Callable[[], int]) -> ContainerState:
    """Return `state`, and whether its probe is overdue; the engine is asked only if it seems so."""
    if state.status != "running" or state.health != "starting" or state.check is None:
        return state
    started = nanoseconds(state.started_at) / SECOND if state.started_at else 0
    last = max([started, *(run.end for run in state.probes)])
    due = last + 2 * _seconds(state.check.interval) + _seconds(state.check.timeout) + _SPARE_SECONDS
    if time.time() < due or engine_now() / SECOND < due:
        return state
    return replace(state, unprobed=True)


def _seconds(duration: int | None) -> float:
    return (duration or 0) / SECOND or _DEFAULT_SECONDS
