"""Turn files of the format of 2014 into modern ones"""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.parser import Namespace, Parser
from composer.cli.session import Session
from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.actions.migrate import Migrated
    from composer.loader.migrate import Migration

_STDIN = "-"


def configure(parser: Parser) -> None:
    parser.operand("files", "FILE", "*")
    flags.switches(
        parser,
        {
            "--write": "Write the files; the old ones are kept as FILE.orig",
            "--no-backup": "Keep no FILE.orig",
            "--check": "Only say which files are to be migrated; exit with 2 if any is",
        },
    )
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    named = tuple(options.files)
    if named and session.options.files:
        raise UsageError("give the files of a project with -f, or files by themselves, not both")
    flags.refuse_together(
        {"--write": options.write, "--check": options.check}, ("--write", "--check")
    )
    if options.no_backup and not options.write:
        raise UsageError("--no-backup goes with --write")
    if _STDIN in (*named, *session.options.files):
        return _filter(options, session, named or session.options.files)
    return _files(options, session, named)


def _filter(options: Namespace, session: Session, files: tuple[str, ...]) -> int:
    """Migrate standard input to standard output."""
    from composer.actions.migrate import migrate_alone

    if len(files) > 1:
        raise UsageError("- is standard input, and stands alone")
    if options.write:
        raise UsageError("standard input cannot be written: leave out --write")
    done = migrate_alone(_STDIN, session.load_options())
    if options.check:
        return 2 if done.needed else 0
    session.console.out.write(done.files[0].text)
    _tell(done, session)
    return 0


def _files(options: Namespace, session: Session, named: tuple[str, ...]) -> int:
    from composer.actions.migrate import migrate_alone, migrate_project

    load = session.load_options()
    found = [migrate_alone(name, load) for name in named] or [migrate_project(load)]
    for done in found:
        if not options.check:
            for one in done.needed:
                _show(one, session)
            _tell(done, session)
        for one in done.needed:
            _finish(one, options, session)
        if not done.needed:
            names = ", ".join(one.file.name for one in done.files)
            session.console.say(f"{names}: nothing to migrate")
    return 2 if options.check and any(done.needed for done in found) else 0


def _show(one: Migration, session: Session) -> None:
    from composer.render.diff import render_diff

    colour = session.console.colour_out
    session.console.print(render_diff(one.file.name, one.file.text, one.text, colour=colour))


def _tell(done: Migrated, session: Session) -> None:
    """Say what a person should know of the changes."""
    notes = [note for one in done.needed for note in one.notes]
    for note in (*notes, *done.notes):
        place = f"{note.mark}: " if note.mark else ""
        session.console.say(f"{place}note: {note.message}")


def _finish(one: Migration, options: Namespace, session: Session) -> None:
    """Write a file, or say how."""
    from composer.actions.migrate import write
    from composer.loader.files import shorter_name

    name = one.file.name
    if not options.write or session.options.dry_run:
        what = "is in the format of 2014" if one.services else "has a part that is obsolete"
        hint = "" if options.write or options.check else "; nothing is written without --write"
        session.console.say(f"{name}: {what}{hint}")
        return
    kept = write(one, backup=not options.no_backup)
    where = f"; the old text is in {shorter_name(kept)}" if kept else ""
    session.console.say(f"{name}: written{where}")
