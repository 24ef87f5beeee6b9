"""Certificates that flags name, for programs that look for three names in one directory."""

from __future__ import annotations

import atexit
import os
import shutil
from functools import cache
from tempfile import mkdtemp

from composer.engine.docker.address import Tls
from composer.engine.docker.docker_config import CERTIFICATES


@cache
def gathered(tls: Tls) -> str:
    """Return a directory with links to the files, which goes when we do."""
    directory = mkdtemp(prefix="composer-tls-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    for name, path in zip(CERTIFICATES, (tls.ca, tls.cert, tls.key), strict=True):
        if path:
            os.symlink(os.path.abspath(path), os.path.join(directory, name))
    return directory
