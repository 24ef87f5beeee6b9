"""Join the process of a running container of a service."""

from __future__ import annotations

from composer.actions.exec import find_container
from composer.engine.port import Dialogue, Engine
from composer.errors import NotFound
from composer.model.command import Attachment
from composer.model.observed import ObservedContainer
from composer.model.options import AttachOptions
from composer.record import dataclass


@dataclass(frozen=True, slots=True)
class Joined:
    """The container, and its process, heard from now on."""

    container: ObservedContainer
    attachment: Attachment
    dialogue: Dialogue


def attach(project: str, engine: Engine, options: AttachOptions) -> Joined:
    """Join the container that is meant.  Raises NotFound if none runs.

    One that does not listen is told nothing.
    """
    found = find_container(project, engine, options.service, options.index)
    inspected = engine.inspect([found.id]).get(found.id)
    config = inspected.config if inspected is not None else None
    attachment = Attachment(
        interactive=options.interactive and config is not None and config.stdin_open,
        tty=config is not None and config.tty,
        detach_keys=options.detach_keys,
    )
    dialogue = engine.attach(found.id, attachment)
    try:
        status = engine.state(found.id).status
        if status != "running":  # it ended meanwhile: nobody would tell of it any more
            raise NotFound(f"{found.name} is {status}", help="see composer logs")
    except BaseException:
        dialogue.close()
        raise
    return Joined(found, attachment, dialogue)
