"""The flags of `run`, and the request they make."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from composer.cli import flags
from composer.cli.interactive import forced_tty, variables
from composer.cli.parser import SUPPRESS, Namespace, Parser, Switch
from composer.cli.session import Session
from composer.cli.terminal import window_of
from composer.errors import UsageError

if TYPE_CHECKING:
    from composer.model.one_off import RunOptions
    from composer.model.options import UpOptions
    from composer.model.project import Project


_LISTS = {
    ("-e", "--env"): ("KEY=VALUE", "Set a variable; KEY alone takes the shell's value; repeatable"),
    ("--env-from-file",): ("FILE", "Set the variables of a file, unless --env does; repeatable"),
    ("-l", "--label", "--labels"): ("KEY=VALUE", "Add a label; repeatable"),
    ("-p", "--publish"): ("PORT", "Publish a port, as in a file: 8080:80; repeatable"),
    ("-v", "--volume", "--volumes"): (
        "VOLUME",
        "Mount something, as in a file: ./data:/data; repeatable",
    ),
    ("--cap-add",): ("CAPABILITY", "Add a capability; repeatable"),
    ("--cap-drop",): ("CAPABILITY", "Take away a capability; repeatable"),
}

_TEXTS = {
    ("--entrypoint",): ("COMMAND", "Another entrypoint; the command of the service goes with it"),
    ("--name",): ("NAME", "The name of the container"),
    ("-u", "--user"): ("USER", "The user that runs the command"),
    ("-w", "--workdir"): ("DIR", "The directory that the command starts in"),
}


def configure(parser: Parser) -> None:
    add = parser.add_argument
    flags.switches(
        parser,
        {
            "--rm": "Remove the container when it has ended",
            "-d --detach": "Leave it running, and print its id",
            "--build": "Build images first, even those that exist",
        },
    )
    for table in (_TEXTS, _LISTS):
        for names, (metavar, text) in table.items():
            if table is _LISTS:
                add(*names, action="append", default=[], metavar=metavar, help=text)
            else:
                add(*names, metavar=metavar, help=text)
    add("-T", "--no-tty", "--no-TTY", action=Switch, default=None, help="No terminal for it")
    add("-i", "--interactive", action=Switch, default=True,
        help="Pass the input on (default true)")  # fmt: skip
    add("-t", "--tty", action=Switch, default=None, help=SUPPRESS)
    flags.switches(
        parser,
        {
            "-P --service-ports": "Publish the ports of the service",
            "--no-deps": "Leave the services alone that it depends on",
            "--use-aliases": "Let it answer to the names of the service in its networks",
            "--remove-orphans": "Remove containers of services that are not in the file",
            "-q --quiet": "No progress",
            "--quiet-build": "No output of builds",
            "--quiet-pull": "No progress of pulls",
        },
    )
    flags.pull_policy(parser)


def check(options: Namespace) -> None:
    """Refuse what contradicts itself."""
    if options.service_ports and options.publish:
        raise UsageError("--service-ports and --publish cannot be combined")
    flags.pull(options.pull)


def read(options: Namespace, session: Session, project: Project) -> UpOptions:
    """Return the request."""
    from composer.model.options import ImageOptions, UpOptions

    ignore = session.switch(None, "COMPOSE_IGNORE_ORPHANS")
    return UpOptions(
        services=(options.service,),
        images=ImageOptions(
            build=options.build,
            pull=flags.pull(options.pull),
            quiet_pull=options.quiet_pull,
            quiet_build=options.quiet_build,
            now=time.time(),
        ),
        no_deps=options.no_deps,
        remove_orphans=options.remove_orphans,
        ignore_orphans=ignore and not options.remove_orphans,
        one_off=_one_off(options, session),
    )


def _one_off(options: Namespace, session: Session) -> RunOptions:
    from composer.loader.spoken import spoken
    from composer.model.one_off import RunOptions
    from composer.model.resources import OneOff

    said = spoken(
        options.service,
        ports=options.publish,
        volumes=options.volume,
        directory=session.directory,
    )
    tty = forced_tty(
        interactive=options.interactive and not options.detach,
        tty=options.tty,
        no_tty=options.no_tty,
    )
    return RunOptions(
        service=options.service,
        slug=os.urandom(32).hex(),
        name=options.name or "",
        command=options.command,
        entrypoint=_entrypoint(options.entrypoint),
        environment=_environment(options, session),
        labels=flags.assignments(options.label, "--label"),
        ports=said.ports,
        service_ports=options.service_ports,
        volumes=said.volumes,
        user=options.user or "",
        working_dir=options.workdir or "",
        cap_add=tuple(options.cap_add),
        cap_drop=tuple(options.cap_drop),
        interactive=options.interactive,
        tty=tty,
        no_deps=options.no_deps,
        one_off=OneOff(
            attached=options.interactive,
            removed=options.rm,
            aliased=options.use_aliases,
            window=window_of(tty=tty),
        ),
    )


def _entrypoint(text: str | None) -> tuple[str, ...] | None:
    from composer.loader import shell_words

    if text is None:
        return None
    try:
        return shell_words.split(text).words
    except shell_words.ShellError as error:
        raise UsageError(f"--entrypoint: {error}") from None


def _environment(options: Namespace, session: Session) -> Mapping[str, str]:
    """Return the variables of --env and, where it says nothing, of the first file that does."""
    given = variables(options.env, session)
    found: dict[str, str] = {}
    for path in options.env_from_file:
        from composer.loader import dotenv, files

        parsed = dotenv.parse(files.read(path), given.get, earlier=found)
        found = {**parsed, **found}
    return {**found, **given}
