"""A proxy before the engine's socket that notes what it is asked to make.

Bytes go through as they are, in both directions.  A recorder that `pretends` says
that the engine speaks a newer API than it does, so that programs ask for what only
that one knows; it notes what containers they want, and refuses to make them.
"""

from __future__ import annotations

import io
import json
import re
import socket
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedIOBase
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from composer.engine.docker.address import Address
from composer.engine.docker.dial import dial
from support.wire import listening, response

_VERSION = re.compile(r"^/v[0-9.]+(?=/)")
_NOTED = re.compile(
    r"POST /(?P<made>containers|networks|volumes)/create"
    r"|POST /networks/(?P<joined>[^/]+)/connect"
    r"|PUT /containers/(?P<filled>[^/]+)/archive"
    r"|POST /(?P<built>build)"
)
REFUSED = "the recorder makes no containers"

Entry = tuple[str, str, Any]


@dataclass
class Recorder:
    """`noted` has what was asked: of what kind, by what name, and how."""

    engine: Address
    pretends: str = ""
    noted: list[Entry] = field(default_factory=list)

    def serve(self, client: socket.socket) -> None:
        with client, dial(self.engine) as engine, client.makefile("rb") as reader:
            threading.Thread(target=_pump, args=(engine, client), daemon=True).start()
            # either side may hang up at any time
            with suppress(OSError):
                while line := reader.readline():
                    self._pass_on(line.decode(), reader, client, engine)
            with suppress(OSError):
                engine.shutdown(socket.SHUT_RDWR)

    def _pass_on(
        self, line: str, reader: BufferedIOBase, client: socket.socket, engine: socket.socket
    ) -> None:
        method, url, _ = line.split(" ", 2)
        head, length = _head(reader)
        body, framed = _body(reader, length)
        parts = urlsplit(_VERSION.sub("", url))
        self._note(f"{method} {unquote(parts.path)}", parse_qs(parts.query), body)
        if self.pretends:
            if (answer := self._instead(method, parts.path)) is not None:
                client.sendall(answer)
                return
            line = line.replace(f" /v{self.pretends}/", " /", 1)
        engine.sendall(line.encode() + head + framed)
        if b"upgrade:" in head.lower():
            while more := reader.read1(65536):  # type: ignore[attr-defined]
                engine.sendall(more)

    def _note(self, request: str, query: dict[str, list[str]], body: bytes) -> None:
        match = _NOTED.fullmatch(request)
        if match is None:
            return
        if joined := match["joined"]:
            self.noted.append(("connect", joined, json.loads(body)))
        elif filled := match["filled"]:
            self.noted.append(("archive", filled, _files(body)))
        elif match["built"]:
            self.noted.append(("build", min(query["t"]), _options(query)))
        else:
            asked = json.loads(body)
            name = query["name"][0] if "name" in query else asked["Name"]
            if platform := query.get("platform"):
                asked["platform"] = platform[0]
            self.noted.append((match["made"], name, asked))

    def _instead(self, method: str, path: str) -> bytes | None:
        """Return what the recorder answers itself, for a newer engine."""
        if path == "/_ping":
            return response("" if method == "HEAD" else "OK", headers=self._speaks)
        if path == "/version":
            said = {"Version": "28.5.1", "ApiVersion": self.pretends, "MinAPIVersion": "1.24"}
            return response(json.dumps({**said, "Os": "linux", "Arch": "amd64"}), headers=_JSON)
        if path == "/containers/create":
            return response(json.dumps({"message": REFUSED}), 501, _JSON)
        return None

    @property
    def _speaks(self) -> str:
        return f"Api-Version: {self.pretends}\r\nOstype: linux\r\n"


_JSON = "Content-Type: application/json\r\n"


@contextmanager
def recording(engine: Address, pretends: str = "") -> Iterator[tuple[Recorder, str]]:
    """Yield a recorder, and the address by which programs reach the engine through it."""
    recorder = Recorder(engine, pretends)
    with listening(recorder.serve) as address:
        yield recorder, address.url


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _head(reader: BufferedIOBase) -> tuple[bytes, int | None]:
    """Return the headers as they are, and how long the body is; None for one in chunks."""
    head, length = b"", 0
    chunked = False
    while (line := reader.readline()) not in (b"\r\n", b""):
        head += line
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "content-length":
            length = int(value)
        if name.lower() == "transfer-encoding":
            chunked = True
    return head + b"\r\n", None if chunked else length


def _body(reader: BufferedIOBase, length: int | None) -> tuple[bytes, bytes]:
    """Return the body, and how it came."""
    if length is not None:
        body = reader.read(length)
        return body, body
    body, framed = b"", b""
    while size := int((line := reader.readline()).split(b";")[0], 16):
        chunk = reader.read(size + 2)
        body += chunk[:-2]
        framed += line + chunk
    return body, framed + line + reader.readline()


def _files(archive: bytes) -> dict[str, Any]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {
            "/" + entry.name.lstrip("/"): {
                "owner": f"{entry.uid}:{entry.gid}",
                "mode": oct(entry.mode),
                "content": (tar.extractfile(entry) or io.BytesIO()).read().decode(),
            }
            for entry in tar
            if entry.isfile()
        }


def _options(query: dict[str, list[str]]) -> dict[str, Any]:
    """Return the query of a build, with what is JSON in it, and without flags that are off."""
    found: dict[str, Any] = {}
    for name, values in query.items():
        text = values[0]
        if text != "0":
            found[name] = json.loads(text) if text[:1] in ("{", "[") else sorted(values)
    return found
