"""Make an image of a container"""

from __future__ import annotations

from composer.cli import flags
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session


def configure(parser: Parser) -> None:
    parser.operand("service", "SERVICE")
    parser.operand("image", "REPOSITORY[:TAG]", "?")
    add = parser.add_argument
    add("-a", "--author", metavar="AUTHOR", help='Who made it: "Ada <ada@example.com>"')
    add("-c", "--change", action="append", default=[], metavar="INSTRUCTION",
        help="An instruction of a Dockerfile for the image; repeatable")  # fmt: skip
    add("--index", type=flags.number("--index"), metavar="N",
        help="The replica (default: the first that runs, else the first)")  # fmt: skip
    add("-m", "--message", metavar="TEXT", help="A comment that the image keeps")
    add("-p", "--pause", action=Switch, default=True,
        help="Let the container stand still meanwhile (default true)")  # fmt: skip
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    """Make the image, and print its id."""
    from composer.actions.one_container import one_container
    from composer.model.archives import CommitSpec

    name = session.identify([options.service])
    container = one_container(name, session.engine, options.service, options.index or None)
    title = f"Commit {container.name}"
    session.tell(container.name, title, "Committing")
    spec = CommitSpec(
        ref=options.image or "",
        author=options.author or "",
        message=options.message or "",
        changes=tuple(options.change),
        pause=options.pause,
    )
    if session.options.dry_run:
        session.tell(container.name, title, "Committed")
        return 0
    id = session.engine.commit(container.id, spec)
    session.tell(container.name, title, f"Committed as {id}")
    session.console.print(id)
    return 0
