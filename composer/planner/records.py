"""Why a container was made in the place of another: written into its label, read again later.

The label tells the reason and the names of the attributes, never their values: one of them
may be a password, and labels are shown to everybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from composer.model.names import Label, is_replacement_name
from composer.model.observed import Observed, ObservedContainer
from composer.model.operations import CreateContainer
from composer.model.plan import Step
from composer.record import dataclass, replace


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a replacement.  `predecessor` is a name, `id` the short one."""

    reason: str
    fields: tuple[str, ...] = ()
    predecessor: str = ""
    id: str = ""


def with_records(steps: Iterable[Step], observed: Observed) -> Iterator[Step]:
    """Yield the steps; the containers that replace others have a label that says why."""
    ids = {container.name: container.id for container in observed.containers}
    for name, id in tuple(ids.items()):
        if is_replacement_name(name):  # one that an interrupted replacement has set aside
            ids.setdefault(name.partition("_")[2], id)
    for step in steps:
        match step.operation:
            case CreateContainer(spec) if former := spec.labels.get(Label.REPLACE):
                record = {
                    "reason": step.reason,
                    "fields": [change.field for change in step.changes],
                    "predecessor": former,
                    "id": ids.get(former, "")[:12],
                }
                said = {str(Label.REPLACED_BECAUSE): json.dumps(record, ensure_ascii=False)}
                labels = dict(sorted({**spec.labels, **said}.items()))
                operation = replace(step.operation, spec=replace(spec, labels=labels))
                yield replace(step, operation=operation)
            case _:
                yield step


def record_of(container: ObservedContainer) -> Record | None:
    """Return what its label tells of a container's replacement, None without a sound one."""
    try:
        told = json.loads(container.labels[Label.REPLACED_BECAUSE])
        return Record(
            str(told["reason"]),
            tuple(str(name) for name in told["fields"]),
            str(told["predecessor"]),
            str(told["id"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
