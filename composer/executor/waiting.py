"""Who waits for whom while a plan runs, and how that one stands.  Pure."""

from __future__ import annotations

from collections.abc import Mapping

from composer.executor.progress import Picture, wording
from composer.model.operations import Await
from composer.model.plan import Step

_BLOCKERS = 3
"""How many of those that something waits for are named."""


def waiting(picture: Picture) -> Mapping[str, str]:
    """Return what each thing waits for whose next step has not begun: "waits for db: starting".

    It is "" for what waits for nobody, but for its turn.
    """
    coming: dict[str, Step] = {}
    for step in picture.left.values():
        for subject in wording(step.operation).subjects:
            coming.setdefault(subject, step)
    return {
        subject: _waits_for(picture, step)
        for subject, step in coming.items()
        if step.id not in picture.begun
    }


def _waits_for(picture: Picture, step: Step) -> str:
    before = [picture.left[id] for id in sorted(step.after) if id in picture.left]
    earlier = {id for one in before for id in one.after}
    own = set(wording(step.operation).subjects)
    blockers = [
        one
        for one in before
        if one.id not in earlier and not own.intersection(wording(one.operation).subjects)
    ]
    if len(blockers) == 1:  # of several, each tells how it stands in its own row
        return f"waits for {_blocker(picture, blockers[0])}"
    told = dict.fromkeys(_blocked_by(one) for one in blockers)
    some = list(told)[:_BLOCKERS]
    more = [f"and {len(told) - len(some)} more"] if len(told) > len(some) else []
    return f"waits for {', '.join([*some, *more])}" if told else ""


def _blocker(picture: Picture, step: Step) -> str:
    """Return who is waited for, and how that one stands."""
    name = _blocked_by(step)
    if not isinstance(step.operation, Await):
        return name
    rows = (picture.rows.get(subject) for subject in wording(step.operation).subjects)
    text = next((row.text for row in rows if row and row.text), "")
    return f"{name}: {text}" if text else name


def _blocked_by(step: Step) -> str:
    if isinstance(step.operation, Await):
        return step.operation.service
    return wording(step.operation).subjects[0].partition(" ")[2]
