"""What was fetched, kept by its own hash: a directory in here is whole, and never changes.

git/<commit>      a checkout
oci/<digest>      the files of an artifact
seen/<hash>       what a moving reference named the last time
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from composer.checksum import sha256_hex
from composer.errors import FetchFailed


def caches(environment: Mapping[str, str]) -> str:
    """Return our directory in the user's cache."""
    given = environment.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(given):  # the XDG specification has us ignore it
        given = f"{environment.get('HOME') or os.path.expanduser('~')}/.cache"
    return f"{given}/composer"


class Cache:
    """A directory in the user's cache, private to them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._root = Path(caches(environment))

    def find(self, kind: str, name: str) -> str | None:
        """Return the directory that is kept under a name, None if there is none."""
        path = self._root / kind / name
        return str(path) if path.is_dir() else None

    def keep(self, kind: str, name: str, fill: Callable[[str], None]) -> str:
        """Return a directory that `fill` made; nobody sees it before it is whole.

        Of two that make the same one at once, the first one's stays.
        """
        path = self._root / kind / name
        try:
            self._make_private(path.parent)
            with tempfile.TemporaryDirectory(
                prefix=".making-", dir=path.parent, ignore_cleanup_errors=True
            ) as making:
                made = os.path.join(making, "made")
                os.mkdir(made)
                fill(made)
                os.chmod(made, 0o755)  # containers of other users may mount it
                self._settle(made, path)
        except OSError as error:
            raise _unusable(error) from None
        return str(path)

    def seen(self, reference: str) -> str | None:
        """Return what `remember` was told of a reference."""
        try:
            return self._record(reference).read_text(encoding="utf-8")
        except OSError:
            return None

    def remember(self, reference: str, name: str) -> None:
        """Note what a moving reference names now.  Without the note we only say less."""
        record = self._record(reference)
        try:
            if self.seen(reference) == name:
                return
            self._make_private(record.parent)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=record.parent, prefix=".making-", delete=False
            ) as file:
                file.write(name)
            os.replace(file.name, record)
        except OSError:
            return

    def _record(self, reference: str) -> Path:
        return self._root / "seen" / sha256_hex(reference.encode())

    def _make_private(self, directory: Path) -> None:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.mkdir(mode=0o700, exist_ok=True)

    def _settle(self, made: str, path: Path) -> None:
        try:
            os.rename(made, path)
        except OSError:
            if not path.is_dir():
                raise
            shutil.rmtree(made, ignore_errors=True)


def _unusable(error: OSError) -> FetchFailed:
    where = f" {error.filename!r}" if error.filename else ""
    return FetchFailed(
        f"the cache{where} cannot be written: {(error.strerror or str(error)).lower()}",
        help="set XDG_CACHE_HOME to a directory of yours",
    )
