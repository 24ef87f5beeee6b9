"""Show help on a command or on a topic"""

from __future__ import annotations

import sys

from composer.cli.pager import show
from composer.cli.parser import Namespace, Parser, Switch, columns
from composer.cli.session import Session
from composer.cli.topics import TOPICS, text_of
from composer.errors import UsageError, did_you_mean


def configure(parser: Parser) -> None:
    parser.operand("words", "COMMAND|TOPIC", "*")
    parser.add_argument("--man", action=Switch, help="Print the manual page, for man -l -")
    parser.add_argument("--man-pages", metavar="DIR", help="Write all manual pages into DIR")
    rows = [(f"  {name}", summary) for name, summary in TOPICS.items()]
    parser.footer = "Topics:\n" + "\n".join(columns(rows))


def run(options: Namespace, session: Session) -> int:
    from composer.cli import main

    name = " ".join(options.words)
    name = main.ALIASES.get(name, name)
    if options.man_pages is not None:
        from composer.cli.man import write_pages

        write_pages(options.man_pages)
    elif name and not (name in main.COMMANDS or name in TOPICS or main.is_group(name)):
        known = [*main.COMMANDS, *main.GROUPS, *TOPICS]
        hint = did_you_mean(name, known) or "composer help lists commands and topics"
        raise UsageError(f"no help on {name!r}: neither a command nor a topic", help=hint)
    elif options.man:
        from composer.cli.man import page

        sys.stdout.write(page(name))
    else:
        show(_text(name, session.options.program))
    return 0


def _text(name: str, program: str) -> str:
    from composer.cli import main

    """Return the help on a command, a topic, or both: `plan` is both."""
    if not name:
        return main.help_text(program)
    texts = []
    if name not in TOPICS or name in main.COMMANDS:
        parser = main.parser_of(name, program)
        if main.is_group(name):
            parser.operand("command", "COMMAND", "1")
        texts.append(parser.format_help())
    if name in TOPICS:
        texts.append(text_of(name))
    return "\n".join(texts)
