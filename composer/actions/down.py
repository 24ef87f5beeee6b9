"""Take a project away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.engine.port import Engine
from composer.model.options import DownOptions
from composer.model.plan import Plan
from composer.model.project import Project
from composer.reconciler import Done, foresee_down, take_down


def planned(name: str, project: Project | None, engine: Engine, options: DownOptions) -> Plan:
    """Return what `down` would do."""
    return foresee_down(name, project, engine, options)


if TYPE_CHECKING:
    from composer.executor.run import Emit


def down(
    name: str,
    project: Project | None,
    engine: Engine,
    options: DownOptions,
    emit: Emit,
    *,
    parallel: int | None = None,
) -> Done:
    """Remove containers and networks, and what `options` asks for besides."""
    return take_down(name, project, engine, options, emit, parallel=parallel)
