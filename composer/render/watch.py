"""What watching tells: the rules before, a line for each batch, and what failed.

The words of Docker Compose come as it says them, to stdout: scripts wait for them.
What is ours goes to stderr.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import assert_never

from composer.errors import ComposerError, Problem
from composer.model.names import is_replacement_name
from composer.model.watch import (
    Began,
    Compared,
    Disabled,
    Enabled,
    Ended,
    Ending,
    Failed,
    LetGo,
    News,
    Said,
    Sent,
    Trouble,
    Waiting,
)
from composer.planner.watch import Rule, Rules
from composer.render.console import Console
from composer.render.problem import render_long
from composer.render.problem_json import record

_DONE = {"restart": "restarted", "rebuild": "successfully built"}
_FAILED = {
    "rebuild": "Build failed, what ran runs on",
    "restart": "Restart failed",
    "command": "The command failed",
    "reload": "The files are not carried out, the last good state goes on",
    "send": "Files were not sent",
}
_LET_GO = {
    "rebuild": "The build was broken off, what ran runs on",
    "restart": "The restart was broken off",
    "command": "The command is not waited for",
    "reload": "The files are not carried out any further, composer up goes on",
}


class WatchWriter:
    """Writes news.  `mark` stands before each line where containers talk as well."""

    def __init__(
        self,
        console: Console,
        project: str,
        problems: Callable[[ComposerError], Iterable[Problem]],
        *,
        mark: str = "",
    ) -> None:
        self._console = console
        self._project = project
        self._problems = problems
        self._mark = mark

    def rules(self, rules: Rules, directory: str) -> None:
        """Tell what is watched, before it is."""
        if self._console.progress not in ("quiet", "json"):
            for line in described(rules, directory):
                self._console.say(line)

    def tell(self, news: News) -> None:
        for line in self._lines(news):
            self._console.print_now(f"{self._mark}{line}")
        if isinstance(news, Failed):
            for problem in self._problems(news.error):
                self._complain(problem)

    def _complain(self, problem: Problem) -> None:
        if self._console.progress == "json":
            self._console.record(record(problem))
        else:
            self._console.say(render_long(problem, colour=self._console.colour_err))

    def _lines(self, news: News) -> Iterator[str]:
        match news:
            case Enabled():
                yield "Watch enabled"
            case Ending(under_way):
                yield f"Ending; under way: {', '.join(under_way)} (Ctrl-C leaves it)"
            case Disabled():
                yield "Watch disabled"
            case Sent():
                yield self._sent(news)
            case Waiting(container, reason):
                yield f"{self._short(container)} waits: {reason}"
            case Began(what, services):
                yield from _began(what, services)
            case Ended(what, services, note):
                yield from _ended(what, services, note)
            case Failed(what, services) | LetGo(what, services):
                words = (_FAILED if isinstance(news, Failed) else _LET_GO)[what]
                yield f"{words}{f': {_names(services)}' if services else ''}"
            case Said(container, line):
                yield f"{self._short(container)} | {line}"
            case Compared(count):
                yield f"Changes were missed: all was compared, {_count(count, 'path')} differ"
            case Trouble(message, help):
                yield f"{message}{f' ({help})' if help else ''}"
            case _:
                assert_never(news)

    def _sent(self, news: Sent) -> str:
        whom = self._short(news.container)
        if news.status != "running":
            whom += f", which is {news.status}"
        if news.first:
            return (
                f"Syncing service {json.dumps(news.service)} at first:"
                f" {_count(news.changed, 'path')} to {whom}"
            )
        changes = news.changed + news.removed
        gone = f", {news.removed} removed" if news.removed else ""
        return (
            f"Syncing service {json.dumps(news.service)} after {changes} changes were detected"
            f" ({whom}{gone}, {news.seconds * 1000:.0f} ms)"
        )

    def _short(self, container: str) -> str:
        if is_replacement_name(container):
            container = container[13:]
        return container.removeprefix(f"{self._project}-").removeprefix(f"{self._project}_")


def described(rules: Rules, directory: str) -> Iterator[str]:
    """Yield what is watched, for whom, and what is passed over."""
    for service in rules.services:
        yield f"watching for {service}:"
        for rule in rules.rules:
            if rule.service == service:
                yield f"  {_described(rule, directory)}"


def _described(rule: Rule, directory: str) -> str:
    watch = rule.watch
    path = _shown(watch.path, directory)
    target = f" -> {watch.target}" if rule.sends and watch.target else ""
    parts = [f"{path}{target}  {watch.action}"]
    if rule.initial:
        parts.append("everything at first")
    if watch.include:
        parts.append(f"only {', '.join(watch.include)}")
    ignored = [".git", "editors' files", *watch.ignore]
    if rule.ignore_file is not None:
        ignored.append(f"what {_shown(rule.ignore_file.path, directory)} says")
    parts.append(f"ignoring {', '.join(ignored)}")
    return "; ".join(parts)


def _shown(path: str, directory: str) -> str:
    below = path.removeprefix(directory.rstrip("/"))
    if below == path:
        return path
    return f".{below}" if below else "."


def _began(what: str, services: tuple[str, ...]) -> Iterator[str]:
    if what == "rebuild":
        yield f"Rebuilding service(s) {_names(services)} after changes were detected..."
    elif what == "reload":
        yield "The project's files have changed: carrying them out"


def _ended(what: str, services: tuple[str, ...], note: str) -> Iterator[str]:
    more = f": {note}" if note else ""
    if what == "reload":
        yield f"The project is as its files say{more}"
    elif what in _DONE:
        yield f"service(s) {_names(services)} {_DONE[what]}{more}"
    elif note:
        yield note


def _names(services: Iterable[str]) -> str:
    """Return names as Go prints a list of them."""
    return f"[{' '.join(json.dumps(name) for name in services)}]"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
