"""The passes over each document: from the text of files to one model in long form.

Included projects and files that services are extended from go the same way, with
an environment and a directory of their own.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from composer.errors import InvalidProject, Problem
from composer.loader import dotenv, paths, resolve, tags
from composer.loader.canonical import canonical
from composer.loader.document import Document, parse
from composer.loader.extends import extend
from composer.loader.include import IncludeEntry, Named, include
from composer.loader.interpolate import interpolate
from composer.loader.merge import merge
from composer.loader.nodes import MarkedMap
from composer.loader.normalise import complete
from composer.loader.sources import Sources
from composer.loader.unique import unique
from composer.loader.validate import sound, validate
from composer.loader.wording import named_at
from composer.record import dataclass, replace
from composer.source import SourceFile

if TYPE_CHECKING:
    from composer.loader.trace import Trace

_MOST_INCLUDED: Final = 2000
_DEEPEST_INCLUDE: Final = 50


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file and the documents in it.  `path` is absolute."""

    path: str
    file: SourceFile
    documents: Sequence[Document]


class Report:
    """Problems on their way: warnings wait for the end, errors for the end of a pass.

    `contents` of configs and secrets go along, where only an included project knows them.
    """

    def __init__(self) -> None:
        self._warnings: dict[Problem, None] = {}
        self._errors: list[Problem] = []
        self._files: dict[str, int] = {}
        self.included = 0
        self.contents: resolve.Contents = {}
        self.trace: Trace | None = None

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(self._in_order(self._warnings))

    def begin(self, file: SourceFile) -> None:
        """Note that `file` comes now: problems are told in the order of files."""
        self._files.setdefault(file.name, len(self._files))

    def add(self, problems: Iterable[Problem]) -> None:
        """Add what a pass found; an error on the line of an earlier one's follows from that."""
        lines = {_line(problem) for problem in self._errors}
        for problem in problems:
            if problem.severity == "warning":
                self._warnings[problem] = None
            elif problem.mark is None or _line(problem) not in lines:
                self._errors.append(problem)

    @property
    def has_errors(self) -> bool:
        return bool(self._errors)

    def raise_errors(self) -> None:
        """Raise InvalidProject if there was an error."""
        if self._errors:
            raise InvalidProject(self._in_order(self._errors))

    def _in_order(self, problems: Iterable[Problem]) -> list[Problem]:
        def place(problem: Problem) -> tuple[int, int, int]:
            mark = problem.mark
            if mark is None:
                return (-1, 0, 0)
            return (self._files.get(mark.file.name, len(self._files)), mark.line, mark.column)

        return sorted(problems, key=place)


def _errors(problems: Iterable[Problem]) -> Iterator[Problem]:
    return (problem for problem in problems if problem.severity == "error")


def _line(problem: Problem) -> tuple[SourceFile, int] | None:
    return (problem.mark.file, problem.mark.line) if problem.mark else None


def parse_all(
    names: Iterable[str], sources: Sources, named: Named = MappingProxyType({})
) -> tuple[Parsed, ...]:
    """Return all files with their documents; `named` says where files name them.

    Raises InvalidProject with the problems of every file.
    """
    parsed = []
    problems: list[Problem] = []
    for path in names:
        try:
            file = sources.read(path)
            parsed.append(Parsed(path, file, parse(file)))
        except InvalidProject as error:
            problems += named_at(named.get(path), error.problems)
    if problems:
        raise InvalidProject(problems)
    return tuple(parsed)


class Passes:
    """Takes documents through the passes, with one environment.

    With `written` they keep the forms that were written; without `resolve_paths`,
    paths of included and extended files begin where the first file's do.
    `halfway` is what was sound of all of them when the last one was refused.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        report: Report,
        sources: Sources,
        *,
        interpolate: bool = True,
        written: bool = False,
        resolve_paths: bool = True,
        chain: tuple[str, ...] = (),
        named: Named = MappingProxyType({}),
    ) -> None:
        self._environment = environment
        self._report = report
        self._sources = sources
        self._interpolates = interpolate
        self._written = written
        self._resolves_paths = resolve_paths
        self._chain = chain
        self._named = named
        self._is_last = False
        self.halfway: MarkedMap | None = None

    def run(self, parsed: Iterable[Parsed], directory: str) -> MarkedMap:
        """Return the documents of all files merged, with paths that begin at `directory`.

        Raises InvalidProject with the problems of the first document that has any.
        """
        model = MarkedMap()
        parsed = tuple(parsed)
        _refuse_old_format(parsed)
        for one in parsed:
            self._report.begin(one.file)
            for document in one.documents:
                self._is_last = document is parsed[-1].documents[-1]
                model = self._document(model, one, document, directory)
        return model

    def _document(
        self, model: MarkedMap, parsed: Parsed, document: Document, directory: str
    ) -> MarkedMap:
        root = self._interpolated(document.root)
        try:
            model = self._merged(model, parsed, replace(document, root=root), directory)
        except InvalidProject as error:
            self._report.add(error.problems)
            self._report.raise_errors()
        self._report.add(validate(model, interpolated=self._interpolates))
        if self._report.has_errors and self._interpolates and not self._written:
            self._look_further(model)
        self._report.raise_errors()
        self._drop_version(model)
        if self._written:
            from composer.loader.written import written

            return unique(written(model), written=True)
        long, problems = canonical(model)
        if self._interpolates:
            self._report.add(problems)
            if self._report.has_errors:
                self._keep(long, model, _errors(problems))
            self._report.raise_errors()
        return unique(long)

    def _look_further(self, model: MarkedMap) -> None:
        """Find what is wrong with short forms too, and keep what of the whole is sound."""
        long, problems = canonical(sound(model))
        errors = list(_errors(problems))
        self._report.add(errors)
        self._keep(long, model, errors)

    def _keep(self, long: MarkedMap, model: MarkedMap, errors: Iterable[Problem]) -> None:
        if self._is_last and isinstance(long.get("services"), MarkedMap):
            from composer.loader.dangling import with_declared

            self.halfway = with_declared(long["services"], model, errors)

    def _interpolated(self, root: MarkedMap) -> MarkedMap:
        if not self._interpolates:
            from composer.loader.written import with_references

            root, problems = with_references(root, self._environment)
            self._report.add(problems)
            return root
        trace = self._report.trace
        heard = trace.hearing(self._environment) if trace is not None else None
        root, problems = interpolate(root, self._environment, heard)
        self._report.add(problems)
        return root

    def _merged(
        self, model: MarkedMap, parsed: Parsed, document: Document, directory: str
    ) -> MarkedMap:
        tagged: dict[str, Any] = {"resets": document.resets, "overrides": document.overrides}
        chain, written = self._chain or (parsed.path,), self._written

        def included(entry: IncludeEntry) -> MarkedMap:
            return self._included(entry, directory)

        tagged["locate"] = self._sources.locate
        root = include(
            document.root,
            directory,
            included,
            chain=chain,
            named=self._named,
            written=written,
            **tagged,
        )
        tags.drop(model, document.resets)
        relative = None if self._resolves_paths else self._sources.relative
        root = extend(
            root,
            parsed.file,
            directory,
            self._extended,
            written=written,
            relative=relative,
            **tagged,
        )
        return unique(merge(model, root, document.overrides, written=written), written=written)

    def _included(self, entry: IncludeEntry, directory: str) -> MarkedMap:
        """Return the model of a project that one in `directory` includes."""
        self._report.included += 1
        if self._report.included > _MOST_INCLUDED or len(entry.chain) > _DEEPEST_INCLUDE:
            what = f"more than {_MOST_INCLUDED} projects are included"
            if len(entry.chain) > _DEEPEST_INCLUDE:
                what = f"includes are nested more than {_DEEPEST_INCLUDE} levels deep"
            raise InvalidProject([Problem(what, entry.mark)])
        environment = self._environment_of(entry)
        passes = Passes(
            environment,
            self._report,
            self._sources,
            interpolate=self._interpolates,
            written=self._written,
            resolve_paths=self._resolves_paths,
            chain=entry.chain,
            named=entry.named,
        )
        parsed = parse_all(entry.paths, self._sources, entry.named)
        model = passes.run(parsed, entry.project_directory)
        complete(model, written=self._written)
        if not self._written:
            resolve.variables(model, environment)
            self._report.contents |= resolve.found_contents(model, environment)
        if self._resolves_paths:
            return paths.resolve(model, entry.project_directory)
        return paths.resolve(model, self._sources.relative(entry.project_directory, directory))

    def _environment_of(self, entry: IncludeEntry) -> Mapping[str, str]:
        """Return our variables, then those of the entry's files."""
        default = os.path.join(entry.project_directory, ".env")
        names = entry.env_files or ((default,) if os.path.isfile(default) else ())
        values: dict[str, str] = {}
        files: list[SourceFile] = []
        for name in names:
            if entry.env_files and name != os.devnull:
                self._sources.env_files.setdefault(name, entry.named.get(name))
            try:
                files.append(self._sources.read(name))
                values |= dotenv.parse(files[-1], self._environment.get, earlier=values)
            except InvalidProject as error:
                raise InvalidProject(named_at(entry.named.get(name), error.problems)) from None
        variables = {**values, **self._environment}
        if self._report.trace is not None:
            self._report.trace.include(variables, self._environment, files)
        return variables

    def _extended(self, path: str) -> MarkedMap:
        """Return the root of a file that a service is extended from."""
        file = self._sources.read(path)
        parsed = Parsed(path, file, parse(file))
        _refuse_old_format([parsed])
        model = MarkedMap()
        for document in parsed.documents:
            tags.drop(model, document.resets)
            root = self._interpolated(document.root)
            model = merge(model, root, document.overrides, written=self._written)
        return model

    def _drop_version(self, model: MarkedMap) -> None:
        if "version" in model:
            warning = Problem(
                "`version` is obsolete and ignored",
                model.keys_at.get("version"),
                help="remove it",
                severity="warning",
                name="obsolete-version",
            )
            self._report.add([warning])
            model.drop("version")


def _refuse_old_format(parsed: Iterable[Parsed]) -> None:
    """Raise InvalidProject for every file whose services stand at the top level."""
    strange = [one for one in parsed if any("services" not in two.root for two in one.documents)]
    if not strange:
        return
    from composer.loader import old_format

    roots = ((one.file, [two.root for two in one.documents]) for one in strange)
    problems = [found for file, some in roots for found in old_format.problems(some, file)]
    if problems:
        raise InvalidProject(problems)
