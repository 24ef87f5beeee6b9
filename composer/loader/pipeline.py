"""The passes of loading a project, in order: read this first.

    each document:  parse → interpolate → include → !reset → extends → merge onto the last
                    → unique → schema → long form → unique
    the whole:      defaults → paths → variables → names → bind → profiles → checks
                    → used resources → env files

A pass finds all its problems before it raises; one that needs sound input does not
run after one that failed.  Warnings are collected along the way.  The order is
Docker Compose's, and it shows: an override is interpolated before it is merged,
and a service that is switched off by a profile may be wrong.
"""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterable, Iterator, Mapping

from composer.errors import InvalidProject, Problem
from composer.graph import closure
from composer.loader import check, normalise, paths, resolve, select
from composer.loader.bind import bind
from composer.loader.documents import Parsed, Passes, Report, parse_all
from composer.loader.environment import Environment, collect
from composer.loader.files import Found, find
from composer.loader.interpolate import interpolate
from composer.loader.nodes import MarkedMap
from composer.loader.sources import Sources
from composer.model.names import is_project_name, project_name_from
from composer.model.options import LoadOptions
from composer.model.project import Project
from composer.record import dataclass, replace
from composer.source import SourceMark


@dataclass(frozen=True)
class Loaded:
    """A project, the variables it was loaded with, and its model before it was bound."""

    project: Project
    warnings: tuple[Problem, ...]
    environment: Mapping[str, str]
    tree: MarkedMap
    sources: Sources


@dataclass(frozen=True)
class Merged:
    """What all files say together, in long form and with nobody selected yet."""

    root: MarkedMap
    name: str
    found: Found
    environment: Mapping[str, str]
    env_files: tuple[str, ...]
    report: Report
    sources: Sources

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is odd about the files, without what they silence."""
        if not self.report.warnings:
            return ()
        from composer.loader.silence import heard

        return heard(self.report.warnings, self.root)


def load(options: LoadOptions, report: Report | None = None) -> Loaded:
    """Return the project that the files of `options` describe.

    Raises InvalidProject with all problems of the first pass that finds any.
    """
    merged = merge_files(options, report)
    project = selected(merged, options)
    if options.check_consistency:
        merged.report.add(check.problems(project))
        merged.report.raise_errors()
        project = check.agreed(project)
    if not options.keep_optional:
        project = select.without_optional(project)
    if not options.all_resources:
        project = select.only_used(project)
    project = completed(project, merged, options)
    return Loaded(project, merged.warnings, merged.environment, merged.root, merged.sources)


def merge_files(options: LoadOptions, report: Report | None = None) -> Merged:
    """Return what the files say, before it becomes a project.

    Raises InvalidProject; the warnings up to there are in `report`.
    """
    report = report or Report()
    asked, environment = _find(options)
    report.add(asked.warnings)
    sources = Sources(options)
    found = sources.located(asked)
    parsed = _parsed(found, sources, options)
    name = _name(options, environment, parsed, asked.project_directory, report)
    variables = {**environment.variables, "COMPOSE_PROJECT_NAME": name}
    passes = Passes(
        variables,
        report,
        sources,
        interpolate=options.interpolate,
        written=options.written,
        resolve_paths=options.resolve_paths,
    )
    try:
        root = passes.run(parsed, found.project_directory)
    except InvalidProject as error:
        _look_further(passes.halfway, error, variables, options, report)
        raise
    if not root:
        raise InvalidProject(
            [Problem("empty compose file", _start(parsed), "start with 'services:'")]
        )
    normalise.complete(root, written=options.written)
    if options.resolve_paths:
        root = paths.resolve(root, found.project_directory)
    if report.trace is not None:
        report.trace.inherit(root)
    _resolve_variables(root, variables, options)
    if options.normalise:
        normalise.normalise(root, name)
    return Merged(root, name, found, variables, tuple(environment.files), report, sources)


def _halfway(root: MarkedMap, refused: InvalidProject) -> MarkedMap | None:
    from composer.loader.dangling import with_declared

    return with_declared(root["services"], root, refused.problems) if "services" in root else None


def _look_further(
    halfway: MarkedMap | None,
    refused: InvalidProject,
    variables: Mapping[str, str],
    options: LoadOptions,
    report: Report,
) -> None:
    """Raise InvalidProject with what else is wrong, beside what was `refused`."""
    if halfway is None:
        return
    from composer.loader.dangling import dangling

    profiles = _profiles(options, variables)
    errors = dangling(halfway, refused.problems, options, profiles)
    report.add(one for one in errors if one.severity == "error")
    report.raise_errors()


def selected(merged: Merged, options: LoadOptions) -> Project:
    """Return what was merged as a project, its services switched on and off by profiles.

    Raises InvalidProject.
    """
    try:
        project = bind(
            merged.root,
            name=merged.name,
            directory=merged.found.project_directory,
            files=tuple(merged.found.paths),
            env_files=merged.env_files,
            separator="_" if _is_compatible(options, merged.environment) else "-",
            default_platform=merged.environment.get("DOCKER_DEFAULT_PLATFORM") or None,
        )
    except InvalidProject as error:
        merged.report.add(error.problems)
        _look_further(
            _halfway(merged.root, error), error, merged.environment, options, merged.report
        )
        raise
    if options.jobs:
        project = select.with_jobs(project, options.services)
    profiles = _profiles(options, merged.environment)
    project = select.with_profiles(project, profiles, options.services)
    if options.profiles or "COMPOSE_PROFILES" not in options.environment:
        merged.report.add(select.unknown_profiles(project, profiles))
    return project


def completed(project: Project, merged: Merged, options: LoadOptions) -> Project:
    """Return `project` with what the files say that it names.  Raises InvalidProject."""
    project = resolve.contents(project, merged.environment, merged.report.contents)
    asked, read = needed(project, options), merged.sources.read
    project = resolve.label_files(project, asked, read)
    if options.resolve_environment:
        project = resolve.env_files(project, merged.environment, asked, read)
    return project


def needed(project: Project, options: LoadOptions) -> Callable[[str], bool]:
    """Return what says whether a service is asked for, or one asked for depends on it."""
    edges = {name: tuple(one.depends_on) for name, one in project.services.items()}
    return _Needed(closure(edges, options.services))


def _resolve_variables(root: MarkedMap, variables: Mapping[str, str], options: LoadOptions) -> None:
    if options.written:
        if options.normalise:
            from composer.loader.written import drop_unset_arguments

            drop_unset_arguments(root)
        return
    resolve.variables(root, variables)
    if options.normalise:
        resolve.arguments(root, variables)


def project_name(options: LoadOptions) -> str:
    """Return the name of the project, reading no more than it takes.

    Raises InvalidProject.
    """
    given = _given_name(options, collect(options, None))
    if given is not None:
        return given
    found, environment = _find(options)
    sources = Sources(options)
    parsed = _parsed(sources.located(found), sources, options)
    return _name(options, environment, parsed, found.project_directory, Report())


def _find(options: LoadOptions) -> tuple[Found, Environment]:
    """Find the files; the `.env` beside them is known only then."""
    found = find(options, collect(options, None).variables)
    return found, collect(options, found.project_directory)


def _parsed(found: Found, sources: Sources, options: LoadOptions) -> tuple[Parsed, ...]:
    """Read all files; who named one by a variable may not think of it when it is not there."""
    try:
        return parse_all(found.paths, sources)
    except InvalidProject as error:
        if not found.named_by:
            raise
        raise InvalidProject(_named_by(found.named_by, one) for one in error.problems) from None


def _named_by(variable: str, problem: Problem) -> Problem:
    """Say in a problem of a whole file, which has no place in it, who names that file."""
    if problem.mark is not None:
        return problem
    return replace(problem, help="; ".join(filter(None, (f"{variable} names it", problem.help))))


def _given_name(options: LoadOptions, environment: Environment) -> str | None:
    name = options.project_name or environment.variables.get("COMPOSE_PROJECT_NAME")
    if not name:
        return None
    if not is_project_name(name):
        where = "" if options.project_name else " in COMPOSE_PROJECT_NAME"
        rule = "lowercase letters, digits, - and _, a letter or a digit first"
        near = project_name_from(name)
        hint = f"write {near!r}: {rule}" if near else f"write {rule}"
        raise InvalidProject([Problem(f"invalid project name {name!r}{where}", help=hint)])
    return name


def _name(
    options: LoadOptions,
    environment: Environment,
    parsed: Iterable[Parsed],
    directory: str,
    report: Report,
) -> str:
    """Return the project's name: given, else of the last document that has one."""
    given = _given_name(options, environment)
    if given is not None:
        return given
    text, mark = os.path.basename(directory.rstrip("/")), None
    for root in (document.root for one in parsed for document in one.documents):
        if root.get("name") not in (None, ""):
            text, mark = _interpolated_name(root, environment), root.mark_of("name")
    name = project_name_from(text)
    if not name:
        problem = Problem(
            f"no project name can be made of {text!r}", mark, help="give one with -p NAME"
        )
        raise InvalidProject([problem])
    if mark is None:
        report.add(_linked_directory(directory, name))
    return name


def _linked_directory(directory: str, name: str) -> Iterator[Problem]:
    """Yield a warning if `name` is that of a link: through another one it would differ."""
    target = os.path.realpath(directory)
    if os.path.basename(target) != os.path.basename(directory.rstrip("/")):
        yield Problem(
            f"the project is called {name!r} after a link to {target!r}",
            help="give it a name with `name:` or -p, which every way to it shares",
            severity="warning",
            name="linked-directory",
        )


def _interpolated_name(root: MarkedMap, environment: Environment) -> str:
    only = MarkedMap(root.mark)
    only.take(root, "name")
    written, problems = interpolate(only, environment.variables)
    report = Report()
    report.add(problems)
    report.raise_errors()
    return str(written["name"])


def _is_compatible(options: LoadOptions, environment: Mapping[str, str]) -> bool:
    said = environment.get("COMPOSE_COMPATIBILITY", "").lower()
    return options.compatibility or said in ("1", "t", "true", "y", "yes", "on")


def _profiles(options: LoadOptions, environment: Mapping[str, str]) -> tuple[str, ...]:
    if options.profiles:
        return options.profiles
    listed = environment.get("COMPOSE_PROFILES", "").split(",")
    return tuple(profile.strip() for profile in listed)


class _Needed:
    """Says whether a service is among those asked for, or one of them depends on it."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def __call__(self, name: str) -> bool:
        return not self._names or name in self._names


def _start(parsed: Iterable[Parsed]) -> SourceMark | None:
    return next((SourceMark(one.file, 1, 1) for one in parsed), None)
