"""HTTP/1.1 as an engine speaks it: what `http.client` does, under the same names.

Not that one, because importing it takes longer than everything a `ps` asks: with it
come the mail package, to read headers, and TLS.  A connection serves one request
after the other; an answer must be read to its end before the next.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from io import BufferedReader
from typing import Any

_LONGEST_LINE = 65536
_MOST_HEADERS = 200
_BLOCK = 65536
_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"


class HTTPException(Exception):
    """What arrived is not HTTP, or only a part of an answer."""


class Headers:
    """The headers of an answer; names in any case, the first of those with one name."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._values: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise HTTPException(f"not a header: {line!r}")
            self._values.setdefault(name.strip().lower(), value.strip())

    def get(self, name: str, default: str = "") -> str:
        return self._values.get(name.lower(), default)


class Chunks:
    """Takes content out of chunks, wherever what arrives was cut; `ended` after the last one.

    An engine sends every line of a log as a chunk.
    """

    def __init__(self) -> None:
        self.ended = False
        self._rest = b"\r\n"  # what ends a chunk stands before the next one
        self._left = 0

    def content(self, data: bytes) -> bytes:
        """Return the content in `data`; raises HTTPException for what are no chunks."""
        if self._left > len(data):
            self._left -= len(data)
            return data
        parts = [data[: self._left]] if self._left else []
        buffer = self._rest + data[self._left :]
        self._left = at = 0
        find, add, size = buffer.find, parts.append, len(buffer)
        while (end := find(b"\r\n", at + 2)) >= 0:
            length = _size(buffer[at + 2 : end])
            if not length:
                self.ended = True
                break
            at = end + 2 + length
            add(buffer[end + 2 : at])
            if at > size:
                self._left, at = at - size, size
                break
        self._rest = buffer[at:]
        if len(self._rest) > _LONGEST_LINE:
            raise HTTPException("a line without end")
        return b"".join(parts)


class HTTPResponse:
    """An answer: its status and headers were read, its content was not."""

    def __init__(self, plug: socket.socket) -> None:
        self.fp: BufferedReader = plug.makefile("rb")
        self.status = 0
        self.headers = Headers(iter(()))
        self.will_close = True
        self._chunked = False
        self._left: int | None = None
        self._several: Chunks | None = None

    def begin(self) -> None:
        """Read status and headers."""
        version = ""
        while self.status < 200 and self.status != 101:
            version, self.status = _read_status(self.fp)
            self.headers = _read_headers(self.fp)
        self._chunked = self.headers.get("Transfer-Encoding").lower() == "chunked"
        length = self.headers.get("Content-Length")
        if self._chunked or self.status in (101, 204, 304):
            self._left = 0
        elif length:
            self._left = _number(length, 10)
        asked_to_close = "close" in self.headers.get("Connection").lower()
        self.will_close = version != "HTTP/1.1" or asked_to_close or self._left is None

    def read(self) -> bytes:
        """Return all of the content.  Raises HTTPException if it is cut short."""
        try:
            return b"".join(iter(lambda: self._next(None), b""))
        finally:
            self.close()

    def read1(self, most: int) -> bytes:
        """Return what has arrived, `most` bytes of it, waiting for the first; b"" at the end."""
        return self._next(most)

    def arrived(self, most: int) -> bytes:
        """Return all that has arrived, of many small chunks too; b"" at the end.

        Reads `most` bytes at once, and is not to be mixed with the other ways to read.
        """
        if not self._chunked and self._several is None:
            return self._next(most)
        if self._several is None:
            self._several = Chunks()
        while not self._several.ended:
            data = self.fp.read1(most)
            if not data:
                raise HTTPException("the answer is cut short")
            if content := self._several.content(data):
                return content
        return b""

    def close(self) -> None:
        self.fp.close()

    def _next(self, most: int | None) -> bytes:
        """Return the next bytes of the content: `most` that have arrived, or all of a piece."""
        if self._chunked and self._left == 0:
            self._left = self._chunk_begins()
        if self._left == 0:
            return b""
        if self._left is None:
            return self.fp.read() if most is None else self.fp.read1(most)
        if most is None:
            content = self.fp.read(self._left)
            whole = len(content) == self._left
        else:
            content = self.fp.read1(min(most, self._left))
            whole = bool(content)
        if not whole:
            raise HTTPException("the answer is cut short")
        self._left -= len(content)
        if self._chunked and self._left == 0:
            self.fp.readline()
        return content

    def _chunk_begins(self) -> int:
        """Return the size of the next chunk; after the last, 0, no chunk comes any more."""
        size = _number(_line(self.fp).partition(b";")[0].decode("latin-1"), 16)
        if size == 0:
            self._chunked = False
            for _ in _lines(self.fp):  # trailers, of which engines send none
                pass
        return size


class HTTPConnection:
    """HTTP over the open socket `sock`, which is None once the engine wants no more of it.

    `host` is what the engine is called.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock: socket.socket | Any = sock
        self.host = "localhost"

    def request(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a request.  `body`: text, bytes, or an open file, which is sent in chunks."""
        if self.sock is None:
            raise HTTPException("the connection was closed")
        content = body.encode() if isinstance(body, str) else body
        fields = {"Host": self.host, **(headers or {})}
        whole = content is None or isinstance(content, bytes)
        if not whole:
            fields["Transfer-Encoding"] = "chunked"
        elif content is not None or method not in ("GET", "DELETE"):
            fields["Content-Length"] = str(len(content or b""))
        head = _head(method, url, fields)
        if whole:
            self.send(head + (content or b""))
            return
        self.send(head)
        while block := body.read(_BLOCK):
            self.send(b"%x\r\n%b\r\n" % (len(block), block))
        self.send(b"0\r\n\r\n")

    def send(self, content: bytes) -> None:
        """Send all of `content`, however long that takes."""
        self.sock.sendall(content)

    def getresponse(self) -> HTTPResponse:
        """Return the answer to what was sent last, its head read."""
        if self.sock is None:
            raise HTTPException("the connection was closed")
        response = self.response(self.sock)
        try:
            response.begin()
        except BaseException:
            response.close()
            self.close()
            raise
        if response.will_close:
            self.close()  # the response keeps what it has to read from
        return response

    def response(self, plug: socket.socket) -> HTTPResponse:
        return HTTPResponse(plug)

    def close(self) -> None:
        if self.sock is not None:
            self.sock.close()
            self.sock = None


def quoted(text: str, safe: str = "") -> str:
    """Return `text` as it stands in an address; `safe` characters stay as they are."""
    plain = f"{_PLAIN}{safe}".encode()
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in text.encode())


def _read_status(reader: BufferedReader) -> tuple[str, int]:
    """Return the version and the status of an answer."""
    line = reader.readline(_LONGEST_LINE + 1)
    if not line:
        raise ConnectionResetError("remote end closed connection without response")
    version, _, rest = line.decode("latin-1").partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/") or not status.isdecimal():
        raise HTTPException(line.decode("latin-1").strip())
    return version, int(status)


def _read_headers(reader: BufferedReader) -> Headers:
    """Return the headers of an answer, and leave what comes after the empty line."""
    return Headers(_lines(reader))


def _head(method: str, url: str, fields: Mapping[str, str]) -> bytes:
    lines = [f"{method} {url} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    for line in lines:
        if "\r" in line or "\n" in line:
            raise HTTPException(f"a line break in {line!r}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _lines(reader: BufferedReader) -> Iterator[bytes]:
    for _ in range(_MOST_HEADERS):
        line = _line(reader)
        if not line:
            return
        yield line
    raise HTTPException(f"more than {_MOST_HEADERS} headers")


def _line(reader: BufferedReader) -> bytes:
    line = reader.readline(_LONGEST_LINE + 1)
    if not line.endswith(b"\n"):
        cut = len(line) <= _LONGEST_LINE
        raise HTTPException("the answer is cut short" if cut else "a line without end")
    return line.rstrip(b"\r\n")


def _size(text: bytes) -> int:
    try:
        return int(text, 16)
    except ValueError:  # there may be more in the line
        return _number(text.partition(b";")[0].decode("latin-1"), 16)


def _number(text: str, base: int) -> int:
    try:
        number = int(text.strip(), base)
    except ValueError:
        raise HTTPException(f"not a length: {text!r}") from None
    if number < 0:
        raise HTTPException(f"not a length: {text!r}")
    return number
