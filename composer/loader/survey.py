"""All that can be said of a project's files, errors and warnings alike: for `composer check`.

Where loading stops at the first pass that fails, this goes on as far as it can.
Advice needs a project; without one there are the errors and the warnings up to
there.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Collection, Iterable, Iterator

from composer.errors import InvalidProject, Problem
from composer.graph import closure
from composer.loader import check
from composer.loader.advice.give import give
from composer.loader.advice.ignoring import unknown_ignore
from composer.loader.advice.scene import Scene
from composer.loader.bind import NodeMarks
from composer.loader.documents import Report
from composer.loader.environment import collect
from composer.loader.files import STDIN, find, is_remote, shorter_name
from composer.loader.pipeline import Merged, completed, merge_files, selected
from composer.loader.silence import heard
from composer.model.options import LoadOptions
from composer.model.project import Project
from composer.record import dataclass, replace
from composer.source import SourceFile, SourceMark

_OF_IMAGES = ("latest-tag",)
"""Advice on an image, whoever runs it."""

_VARIABLE = re.compile(r"\$\{?([_A-Za-z][_A-Za-z0-9]*)")


@dataclass(frozen=True)
class Survey:
    """`problems` are sorted by place; `files` are the ones that were asked for, by name."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]


def survey(options: LoadOptions, ignored: Collection[str] = ()) -> Survey:
    """Return everything that is wrong with the files of `options`, or odd about them.

    With services, advice is on them and what they depend on.  `ignored` names
    warnings to leave out.
    """
    names = _names(options)
    looking = _Looking(options)
    looking.look()
    root = looking.merged.root if looking.merged else None
    found = _once(heard(looking.problems(), root, ignored))
    told = _of_one_image(sorted(found, key=lambda one: _order(one, names)))
    return Survey(names, told)


def _once(problems: Iterable[Problem]) -> Iterable[Problem]:
    """Return `problems` without those that several services have from one place."""
    found: dict[tuple[str, str], Problem] = {}
    for one in problems:
        found.setdefault((one.message, str(one.mark)), one)
    return found.values()


def _of_one_image(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return `problems` with what is said of an image said once, with all places that have it."""
    kept: list[Problem] = []
    first: dict[str, int] = {}
    for one in problems:
        at = first.setdefault(one.message, len(kept)) if one.name in _OF_IMAGES else len(kept)
        if at == len(kept) or one.mark is None:
            kept.append(one)
        else:
            note = (f"service {one.path[1]!r} has it too", one.mark)
            kept[at] = replace(kept[at], notes=(*kept[at].notes, note))
    return tuple(kept)


class _Looking:
    """One look at the files, and what it found so far."""

    def __init__(self, options: LoadOptions) -> None:
        self.merged: Merged | None = None
        self._options = options
        self._report = Report()
        self._errors: list[Problem] = []
        self._advice: list[Problem] = []
        self._eaten: dict[tuple[SourceFile, int], list[SourceMark]] = {}

    def problems(self) -> list[Problem]:
        """Return errors, warnings and advice; advice takes the place of a warning it explains."""
        warnings = [
            one
            for one in self._report.warnings
            if one.name != "unset-variable" or not self._is_explained(one)
        ]
        return [*self._errors, *warnings, *self._advice]

    def look(self) -> None:
        try:
            self.merged = merge_files(self._options, self._report)
            project = selected(self.merged, self._options)
        except InvalidProject as error:
            self._errors += error.problems
        else:
            self._check(self.merged, project)
        self._advice += unknown_ignore(self._files())

    def _check(self, merged: Merged, project: Project) -> None:
        self._report.add(check.problems(project))
        try:
            self._report.raise_errors()
        except InvalidProject as error:
            self._errors += error.problems
        try:
            project = completed(project, merged, self._options)
        except InvalidProject as error:
            self._errors += error.problems
        scene = Scene(project, merged.environment, self._unset(), os.path.exists)
        self._advice += give(scene, self._asked(project))
        eaten = (one for one in self._advice if one.name == "eaten-dollar")
        for mark in (mark for one in eaten for mark in (one.mark, project.mark(*one.path)) if mark):
            self._eaten.setdefault((mark.file, mark.line), []).append(mark)

    def _is_explained(self, problem: Problem) -> bool:
        """Say whether a variable stands in a value of which it was said that its $ is eaten."""
        if problem.mark is None:
            return False
        file, line, column, _ = problem.mark
        spans = self._eaten.get((file, line), ())
        return any(span.column <= column < span.column + span.width for span in spans)

    def _asked(self, project: Project) -> frozenset[str]:
        services = {**project.services, **project.disabled}
        edges = {name: tuple(one.depends_on) for name, one in services.items()}
        return closure(edges, self._options.services or services)

    def _unset(self) -> frozenset[tuple[SourceFile, str]]:
        """Return the variables without a value, by file: they are reported once for each."""
        return frozenset(
            (one.mark.file, found[1])
            for one in self._report.warnings
            if one.name == "unset-variable" and one.mark and (found := _VARIABLE.match(_text(one)))
        )

    def _files(self) -> Iterable[SourceFile]:
        """Return every file that left a mark, in the order of its first one."""
        marks: Iterator[SourceMark | None] = (one.mark for one in self.problems())
        found = dict.fromkeys(mark.file for mark in marks if mark)
        if self.merged is not None:
            found |= dict.fromkeys(mark.file for mark in NodeMarks(self.merged.root).values())
        return found


def _text(problem: Problem) -> str:
    """Return what stands in the file from the mark of `problem` on."""
    mark = problem.mark
    return mark.file.line(mark.line)[mark.column - 1 :] if mark else ""


def _names(options: LoadOptions) -> tuple[str, ...]:
    """Return the files that are asked for, as the user would name them."""
    try:
        paths = find(options, collect(options, None).variables).paths
    except InvalidProject:
        return ()
    return tuple(_name(path, options.working_directory) for path in paths)


def _name(path: str, here: str) -> str:
    if path == STDIN:
        return "stdin"
    return path if is_remote(path) else shorter_name(path, here)


def _order(problem: Problem, files: tuple[str, ...]) -> tuple[object, ...]:
    """Return where a problem stands among others: by file, line and column."""
    mark = problem.mark
    if mark is None:
        return (0, 0, "", 0, 0)
    name = mark.file.name
    place = files.index(name) if name in files else len(files)
    return (1, place, name, mark.line, mark.column)
