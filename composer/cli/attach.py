"""Join what a container runs"""

from __future__ import annotations

from contextlib import nullcontext

from composer.cli import flags
from composer.cli.interactive import chosen_keys, left
from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.cli.terminal import Joint, Signals, join

_INTERRUPTED = 130


def configure(parser: Parser) -> None:
    parser.operand("service", "SERVICE")
    add = parser.add_argument
    add("--detach-keys", metavar="KEYS",
        help="The keys that leave it without ending it (default ctrl-p,ctrl-q)")  # fmt: skip
    add("--index", type=flags.number("--index"), metavar="N",
        help="The replica (default: the lowest that runs)")  # fmt: skip
    add("--no-stdin", action=Switch, help="Show its output, and tell it nothing")
    add("--sig-proxy", action=Switch, default=True,
        help="Pass signals on to it (default true)")  # fmt: skip
    flags.dry_run(parser)


def run(options: Namespace, session: Session) -> int:
    """Join the process; the third Ctrl-C leaves it, if it does not end of the first."""
    from composer.actions.attachment import attach
    from composer.model.options import AttachOptions

    text, keys = chosen_keys(session, options.detach_keys)
    request = AttachOptions(
        service=options.service,
        index=options.index or None,
        interactive=not options.no_stdin,
        detach_keys=text,
    )
    engine = session.engine
    joined = attach(session.identify([options.service]), engine, request)
    attachment, dialogue = joined.attachment, joined.dialogue
    joint = Joint(
        interactive=attachment.interactive,
        tty=attachment.tty,
        detach_keys=keys,
        leavable=True,
        redraw=True,
    )
    signals = Signals(lambda name: engine.kill(joined.container.id, name), dialogue.close)
    proxy = options.sig_proxy and not attachment.tty
    try:
        with signals.passed_on() if proxy else nullcontext():
            code = join(dialogue, session.console, joint)
    finally:
        dialogue.close()
    if signals.interrupted:
        return _INTERRUPTED
    return left(session) if code is None else code
