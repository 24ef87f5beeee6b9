"""References that lead nowhere, in files that the schema refuses: told in the same run.

Looked at is what the schema has nothing against.  What may follow from an error is not told:
a reference to a name that stands where an error is, or into a section that may have been meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from composer.errors import InvalidProject, Problem
from composer.loader import check, normalise, select
from composer.loader.bind import bind
from composer.loader.nodes import MarkedMap
from composer.loader.wording import SECTIONS, raw
from composer.model.options import LoadOptions
from composer.source import Path

_SERVICES: Final = "services"
_LEADS_TO: Final = {"depends_on": _SERVICES, "build": "secrets"}
"""In which section an attribute looks for names, if it is not called like that."""


def with_declared(
    services: MarkedMap, model: MarkedMap, errors: Iterable[Problem] = ()
) -> MarkedMap:
    """Return `services` without what `errors` are about, and the names that `model` declares."""
    root = MarkedMap(model.mark)
    for section in SECTIONS.keys() - {"jobs"}:
        entries = model.get(section)
        if isinstance(entries, MarkedMap):
            names = MarkedMap(entries.mark)
            for name in entries:
                names.put(name, MarkedMap(entries.mark_of(name)), entries.keys_at.get(name))
            root.put(section, names, model.keys_at.get(section))
    for name, service in services.items():
        root[_SERVICES][name] = service.copy()
    _drop(root, errors)
    for one in (root.get("models") or {}).values():
        one["model"] = ""  # it has to have one
    return root


def dangling(
    root: MarkedMap, errors: Collection[Problem], options: LoadOptions, profiles: Iterable[str]
) -> Iterator[Problem]:
    """Yield what is wrong with references between the sound parts of a model, and in these parts.

    `errors` is what the schema has against the rest.
    """
    normalise.complete(root)
    normalise.normalise(root, "project")
    for _ in range(2):
        try:
            project = bind(root, name="project", directory="/")
        except InvalidProject as error:
            yield from error.problems
            _drop(root, error.problems)
            continue
        asked = [name for name in options.services if name in project.services]
        project = select.with_profiles(project, profiles, asked)
        yield from (one for one in check.references(project) if not _follows(one, root, errors))
        return


def _drop(root: MarkedMap, errors: Iterable[Problem]) -> None:
    """Take out the attributes of services that have an error in them."""
    for error in errors:
        match error.path:
            case ("services", str(name), str(attribute), *_) if name in root[_SERVICES]:
                root[_SERVICES][name].drop(attribute)


def _follows(problem: Problem, root: MarkedMap, errors: Iterable[Problem]) -> bool:
    """Say whether `problem` may be there only because of what one of the `errors` is about."""
    attribute = str(problem.path[2])
    section = _LEADS_TO.get(attribute, attribute)
    name = raw(problem.mark).strip("'\"")
    for error in errors:
        strange = len(error.path) == 1 and error.path[0] not in SECTIONS
        if name in error.path or (strange and section != _SERVICES):
            return True
        if section not in root and _may_declare(section, error.path):
            return True
    return False


def _may_declare(section: str, path: Path) -> bool:
    """Say whether what stands at `path` may have been meant to be a section, or lies in that."""
    at = path.index(section) if section in path else len(path)
    return at < len(path) and not isinstance((*path, "")[at + 1], int)
