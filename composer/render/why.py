"""Why containers are what they are, as text for people and as a tree for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from composer.actions.why import STAYS, Why
from composer.render.plan import change_lines, change_tree

_AS_IT_IS = "its configuration, its image and its volumes are what the file says"


def render_why(service: str, containers: Iterable[Why], *, colour: bool) -> str:
    """Return for each container what `up` would do and why, then what made it what it is."""
    lines = [f"{service}:"]
    for one in containers:
        lines += ("", f"  {one.container}  {_now(one)}")
        lines += (f"    {line}" for line in change_lines(one.changes, colour=colour))
        lines += (f"    ? {question}" for question in one.questions)
        if one.created:
            lines.append(f"    last: {_last(one)}")
    return "\n".join(lines)


def why_tree(service: str, containers: Iterable[Why]) -> Mapping[str, object]:
    """Return the same for JSON."""
    return {"service": service, "containers": [_tree(one) for one in containers]}


def _now(one: Why) -> str:
    if one.effect == STAYS:
        return f"stays: {_AS_IT_IS}"
    return f"{one.effect}: {one.reason}"


def _last(one: Why) -> str:
    when = datetime.fromtimestamp(one.created).strftime("%Y-%m-%d %H:%M:%S")
    return f"created {when}{''.join(_cause(one))}"


def _cause(one: Why) -> Iterator[str]:
    if one.last is not None:
        former = f"{one.last.predecessor} ({one.last.id})" if one.last.id else one.last.predecessor
        fields = f": {', '.join(one.last.fields)}" if one.last.fields else ""
        yield f" in place of {former}, because: {one.last.reason}{fields}"
    elif one.replaced:
        yield f" in place of {one.replaced}"
    if one.maker:
        yield f" by Docker Compose {one.maker}, which keeps no record of reasons"
    elif one.last is None and one.replaced:
        yield "; nobody wrote down why"
    elif one.last is None:
        yield "; it has not replaced another one"


def _tree(one: Why) -> Mapping[str, object]:
    last = one.last
    return {
        "container": one.container,
        "effect": one.effect,
        "reason": one.reason or None,
        "changes": [change_tree(change) for change in one.changes],
        "open_questions": list(one.questions),
        "created": one.created or None,
        "made_by_docker_compose": one.maker or None,
        "last": {
            "replaced": one.replaced or None,
            "id": last.id if last else None,
            "reason": last.reason if last else None,
            "fields": list(last.fields) if last else [],
        },
    }
