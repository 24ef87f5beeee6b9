"""python -m composer, and the console script `composer`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit code.  Only a bug leaves a traceback."""
    from composer.cli.main import dispatch

    try:
        code = dispatch(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader has gone, as in `composer logs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception:
        import traceback

        traceback.print_exc()
        print("this is a bug in composer, please report it with the lines above", file=sys.stderr)
        return 70


if __name__ == "__main__":
    sys.exit(main())
