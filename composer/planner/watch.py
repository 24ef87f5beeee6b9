"""What changed files mean: which rules they concern, and what is to be done for whom.

A rule is one entry of `develop.watch`.  A path concerns it that is below its own, that
its `include` selects, if it has one, and nothing that is ignored does.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from composer.errors import Problem
from composer.ignorefile import Patterns
from composer.model.build import Watch
from composer.model.project import Project
from composer.model.service import Service
from composer.model.watch import IgnoreFile
from composer.record import dataclass, field
from composer.source import SourceMark

_OLD_INITIAL = "x-initialSync"

SYNCING = ("sync", "sync+restart", "sync+exec")

GIT = ("**/.git",)
EDITORS = (
    *(
        "**/*___jb_old___",
        "**/*___jb_tmp___",
        "**/.idea/**",
        "**/.#*",
        "**/#*#",
        "**/4913",
        "**/*~",
    ),
    *("**/.*.swp", "**/.*.swx", "**/.*.swo", "**/.*.swn", "**/.*.kate-swp", "**/*-go-tmp-umask"),
)
"""Files that editors make for a moment: those that Docker Compose knows."""

_ALWAYS = Patterns((*GIT, *EDITORS), "/")

_NOT_AT_FIRST = Patterns(
    (
        *("**/Dockerfile", "**/compose.yaml", "**/compose.yml"),
        *("**/docker-compose.yml", "**/docker-compose.yaml"),
        *("**/compose.override.yml", "**/compose.override.yaml"),
        *("**/docker-compose.override.yml", "**/docker-compose.override.yaml"),
    ),
    "/",
)
"""What an initial sync leaves out, as Docker Compose does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of `develop.watch`; `sends` says whether files go into containers for it."""

    service: str
    index: int
    watch: Watch
    sends: bool
    include: Patterns
    ignores: tuple[Patterns, ...]
    ignore_file: IgnoreFile | None = None

    def concerns(self, path: str) -> bool:
        """Say whether what happens to an absolute path concerns this rule."""
        if path != self.watch.path and not path.startswith(_below(self.watch.path)):
            return False
        if self.include and not self.include.select(path):
            return False
        return not any(patterns.select(path) for patterns in self.ignores)

    @property
    def initial(self) -> bool:
        """Whether containers are given everything at first."""
        asked = self.watch.initial_sync or self.watch.extensions.get(_OLD_INITIAL) is True
        return self.sends and asked

    def begins_with(self, path: str) -> bool:
        """Say whether a path is among those that are sent at first."""
        return self.concerns(path) and not _NOT_AT_FIRST.select(path)

    def target(self, path: str) -> str:
        """Return where a path of this machine is in containers.

        A file goes into the directory that a target with "/" at its end is.
        """
        place = self.watch.target or "/"
        below = path[len(self.watch.path) :].strip("/")
        if not below and place.endswith("/"):
            below = posixpath.basename(path)
        return posixpath.normpath(posixpath.join(place, below))

    @property
    def places(self) -> frozenset[str]:
        """What it names in containers, be its path a directory or a file."""
        return frozenset(
            (posixpath.normpath(self.watch.target or "/"), self.target(self.watch.path))
        )

    def passes_by(self, directory: str) -> bool:
        """Say whether nothing below a directory concerns this rule."""
        inside = directory == self.watch.path or directory.startswith(_below(self.watch.path))
        leads = self.watch.path.startswith(_below(directory))
        if not inside:
            return not leads
        return any(patterns.select_all_below(directory) for patterns in self.ignores)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of some services, what is wrong with them, and what should be known."""

    rules: tuple[Rule, ...] = ()
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def trees(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(rule.watch.path for rule in self.rules))

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(rule.service for rule in self.rules))

    def pass_by(self, directory: str) -> bool:
        """Say whether nothing below a directory concerns any rule."""
        return all(rule.passes_by(directory) for rule in self.rules)


@dataclass(slots=True)
class Reaction:
    """What is to be done for one service: what is sent, by target, and what comes after it.

    `commands` are the indices of rules whose command is to be run, in the file's order.
    """

    service: str
    sent: dict[str, str] = field(default_factory=dict)
    paths: dict[str, None] = field(default_factory=dict)
    restart: bool = False
    rebuild: bool = False
    commands: dict[int, None] = field(default_factory=dict)

    @property
    def follows(self) -> bool:
        """Whether anything is to be done but sending files."""
        return self.restart or self.rebuild or bool(self.commands)


def react(rules: Iterable[Rule], paths: Iterable[str]) -> dict[str, Reaction]:
    """Return what changed `paths` mean, by service."""
    known = tuple(rules)
    found: dict[str, Reaction] = {}
    for path in paths:
        for rule in known:
            if rule.concerns(path):
                _note(found.setdefault(rule.service, Reaction(rule.service)), rule, path)
    return found


def _note(reaction: Reaction, rule: Rule, path: str) -> None:
    reaction.paths[path] = None
    if rule.sends:
        target = rule.target(path)
        reaction.sent.pop(target, None)
        reaction.sent[target] = path
    match rule.watch.action:
        case "rebuild":
            reaction.rebuild = True
        case "restart" | "sync+restart":
            reaction.restart = True
        case "sync+exec":
            reaction.commands[rule.index] = None


def watch_rules(
    project: Project, services: Iterable[Service], ignored: Mapping[str, IgnoreFile]
) -> Rules:
    """Return the rules of `services`; `ignored` are the ignore files of their build contexts."""
    rules: list[Rule] = []
    errors: list[Problem] = []
    warnings: list[Problem] = []
    for service in services:
        if "x-develop" in service.extensions:
            mark = project.mark("services", service.name, "x-develop")
            warnings.append(_warning("'x-develop' is not read any more", mark, "write 'develop'"))
        for index, watch in enumerate(service.develop.watch if service.develop else ()):
            try:
                rule = _rule(service, index, watch, ignored.get(service.name))
            except ValueError as error:
                errors.append(Problem(str(error), _mark(project, service, index)))
                continue
            errors += _faults(project, service, rule)
            if _OLD_INITIAL in watch.extensions:
                mark = _mark(project, service, index, _OLD_INITIAL)
                told = f"{_OLD_INITIAL!r} is deprecated"
                warnings.append(_warning(told, mark, "write 'initial_sync'"))
            if _is_mounted(service, watch) and watch.action in ("sync", "sync+restart"):
                warnings.append(_mounted(project, service, rule))
            elif rule.sends and (place := _tmpfs_of(service, watch)):
                why = f"{watch.target} of {service.name!r} is in a tmpfs, {place}"
                help = "an engine cannot write there: leave the tmpfs out, or make it a volume"
                mark = _mark(project, service, index, "target")
                warnings.append(_warning(f"{why}: it is not watched for that", mark, help))
            else:
                rules.append(rule)
    return Rules(tuple(rules), tuple(errors), tuple(warnings))


def _rule(service: Service, index: int, watch: Watch, ignored: IgnoreFile | None) -> Rule:
    ignores = [Patterns(watch.ignore, watch.path), _ALWAYS]
    if ignored is not None and ignored.patterns:
        ignores.append(Patterns(_unless_all(ignored.patterns), ignored.root))
    return Rule(
        service=service.name,
        index=index,
        watch=watch,
        sends=watch.action in SYNCING and not _is_mounted(service, watch),
        include=Patterns(watch.include, watch.path),
        ignores=tuple(patterns for patterns in ignores if patterns),
        ignore_file=ignored if ignored is not None and ignored.path else None,
    )


def _unless_all(patterns: tuple[str, ...]) -> Iterable[str]:
    """Return `patterns`; of those that begin with everything only what they take away again.

    An ignore file that names what a build may see does not say what is worth watching: so
    does Docker Compose.
    """
    if "*" not in patterns:
        return patterns
    return [text for text in patterns if text.startswith("!")]


def _faults(project: Project, service: Service, rule: Rule) -> Iterator[Problem]:
    watch = rule.watch
    mark = _mark(project, service, rule.index, "action")
    if watch.action == "rebuild" and service.build is None:
        why = "with action rebuild without a build context"
        help = "give the service a 'build', or sync the files"
        yield Problem(f"can't watch service {service.name!r} {why}", mark, help=help)
    if watch.action == "sync+exec" and not (watch.exec and watch.exec.command):
        why = f"on service {service.name!r} without a command"
        help = "say what to run in exec.command"
        yield Problem(f"can't watch with action 'sync+exec' {why}", mark, help=help)


def _is_mounted(service: Service, watch: Watch) -> bool:
    """Say whether containers see a watched path by a bind mount."""
    sources = (mount.source for mount in service.volumes if mount.type == "bind" and mount.source)
    return any(watch.path == one or watch.path.startswith(_below(one)) for one in sources)


def _tmpfs_of(service: Service, watch: Watch) -> str:
    """Return the tmpfs that the target of a rule is in, "" for none."""
    mounted = [mount.target for mount in service.volumes if mount.type == "tmpfs"]
    places = [*(text.partition(":")[0] for text in service.tmpfs), *mounted]
    target = watch.target or "/"
    return next((one for one in places if target == one or target.startswith(_below(one))), "")


def _mounted(project: Project, service: Service, rule: Rule) -> Problem:
    message = f"{rule.watch.path} is mounted into {service.name!r} already: it is not watched"
    return _warning(message, _mark(project, service, rule.index, "path"), "remove one of the two")


def _warning(message: str, mark: SourceMark | None, help: str) -> Problem:
    return Problem(message, mark, help=help, severity="warning")


def _mark(project: Project, service: Service, index: int, *path: str) -> SourceMark | None:
    return project.mark("services", service.name, "develop", "watch", index, *path)


def _below(directory: str) -> str:
    return directory.rstrip("/") + "/"
