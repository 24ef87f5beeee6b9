"""python -m composer, and the console script `composer`."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # signal makes names, which takes a while
import errno
import gc
import os
import sys
from collections.abc import Sequence
from io import BufferedWriter, FileIO, TextIOWrapper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_COLLECT_SELDOM = (500_000, 20, 100)
"""A model is a large tree without cycles; looking for them takes a tenth of the time to load it."""
_INTERRUPTED = 130
_BROKEN_PIPE = 141
_BUG = 70


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line, that of the process without `argv`, and return the exit code."""
    if argv is not None:
        return _run("composer", argv)
    _speak_utf_8()
    _open_closed_streams()
    _hear_signals()
    _survive_lost_listeners()
    gc.set_threshold(*_COLLECT_SELDOM)
    from composer import bytecode

    keep = bytecode.use(os.path.dirname(os.path.abspath(__file__)))
    try:
        return _run(sys.argv[0], sys.argv[1:])
    finally:
        keep()
        gc.freeze()  # the process ends: nobody needs to look for garbage once more


def _speak_utf_8() -> None:
    """Start again if the locale has another encoding: files, hashes and the engine know UTF-8 only.

    Python does this by itself for the locale C, unless PYTHONUTF8 forbids it.
    """
    if sys.getfilesystemencoding() != "utf-8" and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # names of files may be any bytes
            escape = "backslashreplace" if stream is sys.stderr else "surrogateescape"
            stream.reconfigure(encoding="utf-8", errors=escape)


def _open_closed_streams() -> None:
    """Fill the three standard places, so that no file or connection gets their numbers."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing != number:
                os.dup2(nothing, number)
                os.close(nothing)
            if number:
                setattr(sys, name, open(number, "w", encoding="utf-8"))  # noqa: SIM115


class _Side(FileIO):
    """Standard error.  Who listened may have gone, as in `composer up -d 2>&1 | head -1`.

    What is said is lost then; what is done goes on, to its end and its exit code.
    """

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data) or 0
        except OSError:
            _write_nowhere(self.fileno())
            return len(data)


def _survive_lost_listeners() -> None:
    if isinstance(sys.stderr, TextIOWrapper):
        side = _Side(sys.stderr.fileno(), "w", closefd=False)
        encoding, errors = sys.stderr.encoding, sys.stderr.errors
        sys.stderr = TextIOWrapper(BufferedWriter(side), encoding, errors, line_buffering=True)


def _write_nowhere(number: int) -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, number)
    os.close(nothing)


def _hear_signals() -> None:
    """Take SIGTERM for Ctrl-C, as Docker Compose does: `up` then stops what it runs.

    A shell has what it runs in the background ignore Ctrl-C.  Scripts end it by that
    nevertheless, so it is not ignored here.
    """
    if _signal.getsignal(_signal.SIGINT) == _signal.SIG_IGN:
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
    _signal.signal(_signal.SIGTERM, lambda number, frame: _signal.raise_signal(_signal.SIGINT))


def _run(path: str, argv: Sequence[str]) -> int:
    """Return the exit code of a command line.  Only a bug leaves a traceback."""
    from composer.cli import docker_calls

    if docker_calls.answered(argv):
        return 0
    from composer.cli import spelling
    from composer.cli.main import dispatch

    call = spelling.read(path, argv)
    if call.program == spelling.PLUGIN:
        docker_calls.listen(os.environ)
    try:
        code = dispatch(call.words, program=call.program)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        _abandon_workers()
        return _INTERRUPTED
    except BrokenPipeError:  # the reader has gone, as in `composer logs | head`
        _write_nowhere(sys.stdout.fileno())
        return _BROKEN_PIPE
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _write_nowhere(sys.stdout.fileno())
            print("error: no space left where the output goes", file=sys.stderr)
            return 1
        import traceback

        traceback.print_exc()
        print("this is a bug in composer, please report it with the lines above", file=sys.stderr)
        return _BUG


def _abandon_workers() -> None:
    """Leave at once if a call on the engine cannot be waited for: it cannot be cancelled either."""
    import threading

    if any(thread.name.startswith("composer-worker") for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
