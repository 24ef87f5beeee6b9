"""What became of the cache in builds → lines: which step broke it, and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from composer.model.built import Rebuilt


def lines(found: Iterable[Rebuilt]) -> Iterator[str]:
    for one in found:
        if not one.anew:
            steps = f"all {one.total} steps" if one.total else "everything"
            yield f"{one.service}: {steps} came from the cache"
            continue
        where = f" (line {one.line} of its Dockerfile)" if one.line else ""
        yield f"{one.service}: {one.anew} of {one.total} steps were built, from {one.step!r}{where}"
        yield from (f"    {reason}" for reason in one.reasons)


def tree(found: Iterable[Rebuilt]) -> list[dict[str, object]]:
    """Return the same for JSON."""
    return [
        {
            "Service": one.service,
            "Steps": one.total,
            "Built": one.anew,
            "Step": one.step,
            "Line": one.line,
            "Reasons": list(one.reasons),
        }
        for one in found
    ]
