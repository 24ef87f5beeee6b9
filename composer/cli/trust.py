"""Ask before a project from elsewhere is carried out, where Docker Compose asks."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from composer.cli.session import Session
from composer.errors import Cancelled, UsageError


def check(session: Session) -> None:
    """Return if the user trusts the project's first file, or if it is a local one.

    They are asked about further files from elsewhere, which they may not know
    of, and about what the project gets from their variables.  Raises Cancelled,
    and UsageError when nobody is here to ask.
    """
    from composer.loader.files import is_remote

    named = session.files
    if session.assume_yes or not is_remote(named[0]):
        return
    others = [reference for reference in session.fetcher.fetched if reference not in named]
    if others:
        session.console.say("This project includes files from elsewhere; do you know them?")
        for reference in others:
            session.console.say(f"  - {reference}")
        _ask(session, "Go on? [y/N] ", ("y", "yes"))
    if rows := list(_rows(session)):
        from composer.render.table import table

        session.console.say("This project uses these variables:")
        session.console.say(table([("VARIABLE", "VALUE", "SOURCE", "REQUIRED", "DEFAULT"), *rows]))
        _ask(session, "Go on with these? [Y/n] ", ("", "y", "yes"))


def _ask(session: Session, question: str, agreed: tuple[str, ...]) -> None:
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            "the project is from elsewhere, and nobody is here to agree to it",
            help="look at it with composer config, and agree with --yes",
        )
    session.console.err.write(question)
    session.console.err.flush()
    typed = sys.stdin.readline()
    if not typed or typed.strip().lower() not in agreed:
        raise Cancelled("nothing was started")


def _rows(session: Session) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield name, value, origin, necessity and default of each variable that is used."""
    from composer.loader.interpolate import variables
    from composer.loader.pipeline import merge_files

    merged = merge_files(
        session.load_options(
            interpolate=False, normalise=False, resolve_paths=False, resolve_environment=False
        )
    )
    for one in variables(merged.root):
        value, source = _value(one.name, one.default, session.environment, merged.environment)
        yield one.name, value, source, "yes" if one.required else "no", one.default


def _value(
    name: str, default: str, shell: Mapping[str, str], variables: Mapping[str, str]
) -> tuple[str, str]:
    """Return the value of a variable, and where it is from."""
    if name in variables:
        return variables[name], "environment" if name in shell else ".env"
    return (default, "compose file") if default else ("<unset>", "none")
