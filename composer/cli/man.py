"""Manual pages, made of the parsers: one for each command and topic, and composer(1).

Lines are roff: what begins with a dot or a quote, and every dash and backslash, is escaped.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from composer import __version__
from composer.cli import global_flags, main
from composer.cli.parser import SUPPRESS, Parser
from composer.cli.spelling import COMPOSER
from composer.cli.topics import TOPICS, text_of
from composer.errors import UsageError

_ENVIRONMENT = {
    "COMPOSE_FILE": "the files, separated by : (or by COMPOSE_PATH_SEPARATOR)",
    "COMPOSE_PROJECT_NAME": "the name of the project",
    "COMPOSE_PROFILES": "profiles to switch on, separated by commas",
    "COMPOSE_ENV_FILES": "files of variables in place of .env, separated by commas",
    "COMPOSE_PARALLEL_LIMIT": "at most this many engine calls at once",
    "COMPOSE_PROGRESS, COMPOSE_ANSI": "how progress and colours are shown",
    "COMPOSE_REMOVE_ORPHANS, COMPOSE_IGNORE_ORPHANS": "what to do about orphans",
    "DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG": "which engine is talked to",
    "COMPOSE_MENU": "whether `up` shows its keys on a terminal",
    "NO_COLOR": "no colours",
}


def pages() -> dict[str, str]:
    """Return every page by the name of its file."""
    names = [*main.COMMANDS, *(group for group in main.GROUPS if main.is_group(group))]
    found = {_file(name, 1): page(name) for name in ["", *names]}
    return found | {_file(topic, 7): _topic_page(topic) for topic in TOPICS}


def write_pages(folder: str) -> None:
    """Write every page into `folder`, which is made if it is missing."""
    try:
        os.makedirs(folder, exist_ok=True)
        for name, text in pages().items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise UsageError(f"{folder!r}: {(error.strerror or str(error)).lower()}") from None


def page(name: str) -> str:
    """Return the page of a command, a group or a topic; "" is composer itself."""
    if name in TOPICS and name not in main.COMMANDS:
        return _topic_page(name)
    parser = main.parser_of(name) if name else global_flags.parser()
    summary = parser.summary or main.ABOUT
    if not name or main.is_group(name):
        parser.operand("command", "COMMAND", "1")
    lines = [*_head(name, 1, summary), ".SH SYNOPSIS", f".B {_text(parser.prog)}"]
    lines += [_text(parser.usage_line().removeprefix(parser.prog).strip())]
    lines += [".SH DESCRIPTION", _text(_sentence(summary)), *_options(parser)]
    if not name or main.is_group(name):
        lines += _commands(name)
    elif parser.footer:
        lines += [".SH NOTES", ".nf", *map(_text, parser.footer.splitlines()), ".fi"]
    if not name:
        lines += [".SH ENVIRONMENT", *_terms(_ENVIRONMENT.items())]
        lines += [".SH TOPICS", *_terms((f"composer-{t}(7)", s) for t, s in TOPICS.items())]
    return "\n".join([*lines, *_see_also(name)]) + "\n"


def _topic_page(topic: str) -> str:
    head = _head(topic, 7, TOPICS[topic])
    body = [".SH DESCRIPTION", ".nf", *map(_text, text_of(topic).splitlines()), ".fi"]
    return "\n".join([*head, *body, ".SH SEE ALSO", ".BR composer (1)"]) + "\n"


def _head(name: str, section: int, summary: str) -> list[str]:
    title = _file(name, section).rpartition(".")[0]
    return [
        f'.TH "{title.upper()}" {section} "" "composer {_text(__version__)}" "composer"',
        ".SH NAME",
        f"{_text(title)} \\- {_text(summary[0].lower() + summary[1:])}",
    ]


def _options(parser: Parser) -> list[str]:
    rows = [
        (_spelled(", ".join(sorted(flag.names, key=len)), flag.metavar, flag.is_switch), flag.help)
        for flag in parser.flags
        if flag.help != SUPPRESS
    ]
    rows.append(("\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "Show help"))
    lines = [".SH OPTIONS"]
    for flag, text in rows:
        lines += [".TP", flag, _text(_sentence(text))]
    return lines


def _spelled(names: str, metavar: str, is_switch: bool) -> str:
    bold = ", ".join(f"\\fB{_text(name)}\\fR" for name in names.split(", "))
    return bold if is_switch else f"{bold} \\fI{_text(metavar)}\\fR"


def _commands(group: str) -> list[str]:
    before = f"composer-{group} ".replace(" ", "-") if group else "composer-"
    below = main.commands_below(group)
    return [".SH COMMANDS", *_terms((f"{before}{word}(1)", text) for word, text in below.items())]


def _terms(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, text in rows:
        yield from (".TP", f"\\fB{_text(term)}\\fR", _text(_sentence(text)))


def _see_also(name: str) -> list[str]:
    if not name:
        return [".SH SEE ALSO", ".BR docker (1)"]
    return [".SH SEE ALSO", ".BR composer (1)"]


def _file(name: str, section: int) -> str:
    return "-".join([COMPOSER, *name.split()]) + f".{section}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", ":")) else f"{text}."


def _text(text: str) -> str:
    """Return `text` as roff takes it for words."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    escaped = escaped.replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    escaped = escaped.replace("…", "...").replace("→", "\\(->")
    return f"\\&{escaped}" if escaped.startswith((".", "\\(aq")) else escaped
