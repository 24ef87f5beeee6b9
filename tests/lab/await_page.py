"""Wait until a URL answers 200: `await_page.py URL [SECONDS]`.  Exit code 1 if it does not."""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request


def main(url: str, seconds: float = 60.0) -> int:
    # A proxy of this machine has no business with a page on it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + seconds
    answer = "nothing tried"
    while time.monotonic() < end:
        try:
            opener.open(url, timeout=5).close()
        except (OSError, urllib.error.HTTPError) as error:
            answer = str(error)
            time.sleep(0.1)
        else:
            print(f"{url} answers")
            return 0
    print(f"{url} does not answer: {answer}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(float, sys.argv[2:])))
