"""What the planner of one service knows of the rest of the plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from composer.model.observed import Observed, ObservedContainer
from composer.model.options import Recreate, UpOptions
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.live_update import LiveUpdate, live_update
from composer.planner.losses import mounts_volume
from composer.record import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What converging one service needs to know of the rest of the plan.

    `made` maps networks and volumes, as (kind, name), to the step that makes them,
    `created` a service to the steps that create its containers, `owners` to the
    container that others share things with, `kept` to the present names of those of its
    containers that stay.  `named` says whether the service was
    asked for, or is only a dependency.
    """

    project: Project
    observed: Observed
    options: UpOptions
    named: bool
    replaced: Collection[str]
    made: Mapping[tuple[str, str], str]
    created: Mapping[str, Collection[str]]
    owners: Mapping[str, str]
    kept: Mapping[str, frozenset[str]]
    updates: dict[str, LiveUpdate] = field(default_factory=dict)

    def update(self, service: Service, live: ObservedContainer) -> LiveUpdate:
        """Return what is to be changed of `live`; it is found out once."""
        if live.id not in self.updates:
            self.updates[live.id] = live_update(self.project, service, live, self.owners)
        return self.updates[live.id]

    @property
    def renew(self) -> bool:
        """Whether anonymous volumes are made anew, and so their containers."""
        return self.named and self.options.renew_anonymous_volumes

    def renews(self, container: ObservedContainer) -> str | None:
        """Return a volume of `container` that is made anew, None if there is none."""
        anew = (name for kind, name in self.made if kind == "volume")
        return next((name for name in anew if mounts_volume(container, name)), None)

    @property
    def policy(self) -> Recreate:
        asked = self.options.recreate if self.named else self.options.recreate_dependencies
        return Recreate.FORCE if self.renew and asked is not Recreate.NEVER else asked
