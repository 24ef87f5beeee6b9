"""python -m composer, and the console script `composer`."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence

_COLLECT_SELDOM = (500_000, 20, 100)
"""A model is a large tree without cycles; looking for them takes a tenth of the time to load it."""
_INTERRUPTED = 130
_BROKEN_PIPE = 141
_BUG = 70


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line, that of the process without `argv`, and return the exit code."""
    if argv is not None:
        return _run(argv)
    gc.set_threshold(*_COLLECT_SELDOM)
    try:
        return _run(sys.argv[1:])
    finally:
        gc.freeze()  # the process ends: nobody needs to look for garbage once more


def _run(argv: Sequence[str]) -> int:
    """Return the exit code of a command line.  Only a bug leaves a traceback."""
    from composer.cli.main import dispatch

    try:
        code = dispatch(argv)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        _abandon_workers()
        return _INTERRUPTED
    except BrokenPipeError:  # the reader has gone, as in `composer logs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
