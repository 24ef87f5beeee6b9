"""What the docker program wants of its plugin beside commands: a description, and to cancel it.

It asks each plugin for its description whenever it prints a help or completes a word,
so next to nothing is imported for that.
"""

from __future__ import annotations

import os
import sys

import composer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Mapping, Sequence

METADATA = "docker-cli-plugin-metadata"
HOOKS = "docker-cli-plugin-hooks"
SOCKET = "DOCKER_CLI_PLUGIN_SOCKET"

_DESCRIPTION = f"""\
{{
     "SchemaVersion": "0.1.0",
     "Vendor": "composer",
     "Version": "v{composer.COMPOSE_VERSION}+composer",
     "ShortDescription": "Docker Compose"
}}
"""


def answered(argv: Sequence[str]) -> bool:
    """Answer a question of the docker program itself; say whether it was one.

    The one about hooks asks, after a command, for a hint that docker should print: we have none.
    """
    if METADATA in argv[:1]:
        sys.stdout.write(_DESCRIPTION)
        sys.stdout.flush()
        return True
    return tuple(argv[:2]) == ("compose", HOOKS)


def listen(environment: Mapping[str, str]) -> None:
    """Take it for Ctrl-C when the docker program closes its socket: it was told to end.

    On a terminal the key reaches us as well; one press that comes twice is one.
    """
    address = environment.get(SOCKET)
    if not address:
        return
    import _socket  # not socket, which takes as long to import as a short command has
    from _thread import start_new_thread

    plug = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        plug.connect("\0" + address[1:] if address.startswith("@") else address)
    except OSError:
        return
    start_new_thread(_cancel_at_the_end, (plug,))


def _cancel_at_the_end(plug: _socket.socket) -> None:
    import signal

    try:
        while plug.recv(1):
            pass
    except OSError:
        pass
    os.kill(os.getpid(), signal.SIGINT)
