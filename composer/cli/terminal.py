"""A process in a container and the user's terminal, joined.

Raw mode, window sizes, signals and two blocking directions: the ugliest part of the
program, in one place.  What must hold: whatever happens, the terminal is given back as it
was, nobody who has ended is waited for, and nobody stays whose terminal has gone away.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Event, Thread
from types import FrameType, TracebackType

from composer.cli.detach_keys import DetachKeys
from composer.cli.keys import keys as listened
from composer.cli.modes import Modes, changed, ends_lines, free
from composer.engine.port import Dialogue
from composer.errors import ComposerError
from composer.executor.ctrl_c import ONE_PRESS
from composer.record import dataclass
from composer.render.console import Console

_CHUNK = 64 * 1024
_ENDINGS = (signal.SIGHUP, signal.SIGTERM)
_FORWARDED = (
    *(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGCONT),
)
_SIZED_SECONDS = 1.0
_LEFT_SECONDS = 1.0
_PASSED_SECONDS = 2.0
"""For how long signals are still passed on that came at the end."""

HUNG_UP = 128 + signal.SIGHUP
"""The exit code of who has lost its terminal."""

_PATIENCE = 3
"""The interrupt that is for us, and not for the process any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """How a process and the terminal are joined.

    `interactive` passes stdin on, `tty` says that the process has a terminal.
    `detach_keys` leave it, if they are typed on one; one without a terminal only if it is
    `leavable`.  `redraw` has it draw its screen anew.
    """

    interactive: bool = False
    tty: bool = False
    detach_keys: bytes = b""
    leavable: bool = False
    redraw: bool = False


def is_terminal() -> bool:
    """Say whether the user types on a terminal and sees the output on one."""
    return _is_terminal(_descriptor(sys.stdin)) and _is_terminal(_descriptor(sys.stdout))


def window_of(*, tty: bool) -> tuple[int, int] | None:
    """Return the rows and columns for the terminal of a process; None without one."""
    size = _window() if tty else None
    return (size.lines, size.columns) if size is not None and size.lines else None


def join(dialogue: Dialogue, console: Console, joint: Joint) -> int | None:
    """Pass input and output until the process ends; return its exit code, None if it was left.

    If the terminal goes away that is HUNG_UP: the process may run on.
    """
    typed = _is_terminal(_descriptor(sys.stdin))
    raw = joint.tty and joint.interactive and typed
    heeded = joint.detach_keys if raw or (joint.leavable and typed) else b""
    keys = DetachKeys(heeded, lines=not raw)
    with (
        raw_terminal(active=raw),
        _keys_heard(dialogue, keys, heeded, joint, raw=raw),
        _resizing(dialogue, active=joint.tty, redraw=joint.redraw) as sized,
        _Forwarding(dialogue, keys, sized, active=joint.interactive, raw=raw) as forwarding,
    ):
        try:
            for stream, data in dialogue:
                console.write(data, to_err=stream == "stderr")
        except BrokenPipeError as error:
            if error.errno != errno.EIO:
                raise
            return HUNG_UP
    if forwarding.hung_up:
        return HUNG_UP
    return None if keys.seen else dialogue.exit_code()


# -- the terminal ----------------------------------------------------------------------------


@contextmanager
def raw_terminal(*, active: bool) -> Iterator[None]:
    """Let every key through to the process, Ctrl-C too; the terminal is restored always.

    So it is when we are told to end; and raw again when we go on after a stop.
    """
    descriptor = _descriptor(sys.stdin)
    if not active or descriptor is None or not _is_terminal(descriptor):
        yield
        return
    before = termios.tcgetattr(descriptor)

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    def go_on(number: int, frame: FrameType | None) -> None:
        with suppress(OSError, termios.error):  # hung up: that comes with SIGCONT as well
            if os.tcgetpgrp(descriptor) == os.getpgrp():
                tty.setraw(descriptor, termios.TCSANOW)

    ends = [number for number in _ENDINGS if signal.getsignal(number) == signal.SIG_DFL]
    with _handling(end, *ends), _handling(go_on, signal.SIGCONT):
        tty.setraw(descriptor, termios.TCSANOW)  # keys that were typed early are kept
        try:
            yield
        finally:
            with suppress(termios.error):  # it may be gone, or stand still
                termios.tcsetattr(descriptor, termios.TCSANOW, before)


@contextmanager
def _keys_heard(
    dialogue: Dialogue, keys: DetachKeys, heeded: bytes, joint: Joint, *, raw: bool
) -> Iterator[None]:
    """Have a terminal that is not raw let the keys through that leave the process.

    Who is told nothing is left by keys that nobody else hears.
    """
    if raw or not heeded:
        yield
        return

    def change(modes: Modes) -> None:
        free(modes, heeded)
        ends_lines(modes, heeded[-1])

    def pressed(key: str) -> None:
        keys.pass_on(key.encode())
        if keys.seen:
            dialogue.close()

    with changed(sys.stdin.fileno(), change) if joint.interactive else listened(pressed, heeded):
        yield


@contextmanager
def _resizing(dialogue: Dialogue, *, active: bool, redraw: bool) -> Iterator[Event]:
    """Tell the process how large the window is, now and whenever that changes.

    On a thread of its own: an engine may answer late, when the process cannot start.
    Yields what tells that the process knows.
    """
    sized = Event()
    if not active or _window() is None:
        sized.set()
        yield sized
        return
    changes: SimpleQueue[bool] = SimpleQueue()  # a signal may come while one is being put

    def tell() -> None:
        more = int(redraw)  # a size that it does not have yet makes it draw
        while changes.get():
            while (size := _window()) is not None:
                with suppress(ComposerError):  # the process may have ended meanwhile
                    dialogue.resize(size.lines + more, size.columns + more)
                if not more:
                    break
                more = 0
            sized.set()

    Thread(target=tell, name="composer-window", daemon=True).start()
    changes.put(True)
    with _handling(lambda number, frame: changes.put(True), signal.SIGWINCH):
        try:
            yield sized
        finally:
            sized.set()
            changes.put(False)


def _window() -> os.terminal_size | None:
    for stream in (sys.stdout, sys.stdin, sys.stderr):
        descriptor = _descriptor(stream)
        with suppress(OSError):
            if descriptor is not None:
                return os.get_terminal_size(descriptor)
    return None


# -- input -----------------------------------------------------------------------------------


class _Forwarding:
    """Passes stdin on while the process runs, and its end too.

    The thread sleeps on stdin and on a pipe; closing the pipe wakes it, so that no
    key that the user types afterwards is swallowed.
    """

    def __init__(
        self, dialogue: Dialogue, keys: DetachKeys, sized: Event, *, active: bool, raw: bool
    ) -> None:
        """`raw`: of a terminal whose keys have no meaning, not even that the input ends."""
        self.hung_up = False
        self._raw = raw
        self._dialogue = dialogue
        self._sized = sized
        self._keys = keys
        self._active = active
        self._thread: Thread | None = None

    def __enter__(self) -> _Forwarding:
        source = _descriptor(sys.stdin)
        if self._active and source is None:
            self._dialogue.close_input()
        if not self._active or source is None:
            return self
        self._until, self._done = os.pipe()
        self._thread = Thread(target=self._run, args=(source,), name="composer-stdin", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread is None:
            return
        os.close(self._done)
        self._sized.set()
        if kind is not None:
            self._dialogue.close()
        self._dialogue.close_input()  # who cannot get rid of what was typed would sleep on
        self._thread.join()
        os.close(self._until)

    def _run(self, source: int) -> None:
        self._sized.wait(_SIZED_SECONDS)  # so that nothing typed is for a window without a size
        with suppress(ComposerError, OSError):  # the process may not want its input any more
            while True:
                ready, _, _ = select.select([source, self._until], [], [])
                if self._until in ready:
                    return
                typed = self._typed(source)
                if not typed and self._raw:
                    self.hung_up = True
                    self._dialogue.close()
                    return
                if not typed:
                    self._dialogue.close_input()
                    return
                if passed := self._keys.pass_on(typed):
                    self._dialogue.write(passed)
                if self._keys.seen:
                    self._leave()
                    return

    def _leave(self) -> None:
        """Hang up after the engine has, in _LEFT_SECONDS: all that it said is read by then.

        A connection that is closed with something unread is a broken one to the engine
        (20.10), which then ends the command that was to run on.
        """
        self._dialogue.close_input()
        select.select([self._until], [], [], _LEFT_SECONDS)
        self._dialogue.close()

    def _typed(self, source: int) -> bytes:
        """Return what is typed next, b"" at the end; that of a terminal is an error, or not."""
        try:
            return os.read(source, _CHUNK)
        except OSError:
            if not self._raw:
                raise
            return b""


# -- signals ---------------------------------------------------------------------------------


class Signals:
    """Passes signals on to the process with `send`, by their names.

    The third Ctrl-C is not for the process any more: then `insisted` is called, although
    `send` may still wait for an answer.  One press may come twice: to us, and to our group.
    """

    def __init__(self, send: Callable[[str], None], insisted: Callable[[], None]) -> None:
        self.interrupted = False
        self._send = send
        self._insisted = insisted
        self._hung_up = False
        self._pressed: list[float] = []
        self._caught: SimpleQueue[int] = SimpleQueue()
        self._lost_patience: SimpleQueue[bool] = SimpleQueue()

    @contextmanager
    def passed_on(self) -> Iterator[None]:
        passing = Thread(target=self._pass_on, name="composer-signals", daemon=True)
        passing.start()
        Thread(target=self._insist, name="composer-insisted", daemon=True).start()
        with _handling(self._catch, *_FORWARDED):
            try:
                yield
            finally:
                self._caught.put(0)
                self._lost_patience.put(False)
                passing.join(_PASSED_SECONDS)

    def hang_up(self) -> None:
        """Pass on that the terminal has gone away, if nobody has told us so."""
        if not self._hung_up:
            self._catch(signal.SIGHUP, None)

    def _catch(self, number: int, frame: FrameType | None) -> None:
        self._hung_up |= number == signal.SIGHUP
        self.interrupted |= number in (signal.SIGINT, signal.SIGTERM)
        if number == signal.SIGINT:
            now = time.monotonic()
            if self._pressed and now - self._pressed[-1] < ONE_PRESS:
                return
            self._pressed.append(now)
            if len(self._pressed) >= _PATIENCE:
                self._lost_patience.put(True)
                return
        self._caught.put(number)

    def _pass_on(self) -> None:
        while number := self._caught.get():
            with suppress(ComposerError):  # it may have ended meanwhile
                self._send(signal.Signals(number).name)

    def _insist(self) -> None:
        while self._lost_patience.get():
            with suppress(ComposerError):
                self._insisted()


@contextmanager
def _handling(handle: Callable[[int, FrameType | None], None], *numbers: int) -> Iterator[None]:
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _descriptor(stream: object) -> int | None:
    """Return the descriptor of a stream, None when there is none."""
    try:
        number: int = stream.fileno()  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return None
    return number


def _is_terminal(descriptor: int | None) -> bool:
    return descriptor is not None and os.isatty(descriptor)
