"""Find errors in the files, and what loads but will hurt"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.actions.check import Findings
    from composer.model.options import LoadOptions

_FORMATS = ("text", "json")


def configure(parser: Parser) -> None:
    parser.operand("words", "FILE|SERVICE", "*")
    add = parser.add_argument
    add("--format", metavar="FORMAT", default="text", help="text (default) or json, for editors")
    add(
        "--ignore",
        metavar="NAME",
        action="append",
        default=[],
        help="Leave out warnings of that name, or of a,b; repeatable",
    )
    add("--list", action=Switch, help="Print the names of all warnings, and what they mean")
    add("--strict", action=Switch, help="Exit with 1 for warnings too")


def run(options: Namespace, session: Session) -> int:
    if options.format not in _FORMATS:
        raise UsageError(f"unsupported --format value {options.format!r}", help="text or json")
    if options.list:
        session.console.print(_list(options.format))
        return 0
    from composer.actions.check import check

    findings = check(_load_options(options.words, session), _ignored(options.ignore))
    session.console.print(_text(findings, options.format, session))
    return 1 if findings.failed(strict=options.strict) else 0


def _load_options(words: Iterable[str], session: Session) -> LoadOptions:
    """Return what to load; words that look like files are as good as -f."""
    from composer.record import replace

    words = tuple(words)
    files = tuple(word for word in words if _is_file(word))
    options = session.load_options(word for word in words if not _is_file(word))
    return replace(options, files=(*options.files, *files))


def _is_file(word: str) -> bool:
    return word == "-" or "/" in word or word.endswith((".yaml", ".yml", ".json"))


def _ignored(given: Iterable[str]) -> frozenset[str]:
    from composer.loader.warning_names import WARNINGS, nearest, unknown

    names = [name.strip() for text in given for name in text.split(",")]
    for name in names:
        if name not in WARNINGS:
            raise UsageError(f"--ignore: {unknown(name)}", help=nearest(name))
    return frozenset(names)


def _text(findings: Findings, form: str, session: Session) -> str:
    if form == "json":
        from composer.render.problem_json import to_json

        return to_json(findings.problems, session.directory)
    from composer.render.problem import render_all

    problems = render_all(findings.problems, session.console.colour_out)
    return "\n\n".join(filter(None, (problems, findings.summary())))


def _list(form: str) -> str:
    from composer.loader.warning_names import WARNINGS

    rows = sorted(WARNINGS.items())
    if form == "json":
        import json

        named = [{"name": name, "summary": summary} for name, summary in rows]
        return json.dumps(named, indent=2, ensure_ascii=False)
    from composer.render.table import table

    return table([("WARNING", "MEANS"), *rows])
