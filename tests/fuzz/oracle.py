"""What must hold of any bytes at all: a model that reads itself back, or problems in words.

Anything but InvalidProject, a look that takes seconds, or a printed model that
means something else when it is read again, is a finding.
"""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from composer.errors import InvalidProject, UsageError
from composer.loader.pipeline import Loaded, load
from composer.model.options import LoadOptions
from composer.model.tree import project_tree
from composer.planner.digest import service_digests
from composer.render.problem import render_all
from composer.render.yaml_text import to_json, to_yaml

SECONDS = 30  # coverage makes it several times slower
NAMES = ("compose.yaml", "over.yaml", "app.env", "part.yml", ".env")
ENVIRONMENT = {"HOME": "/home/nobody", "SET": "a value", "EMPTY": "", "PORT": "80"}


class TooSlow(Exception):
    """A small project took seconds of the processor."""


class NotTheSame(Exception):
    """A printed model means something else when it is read again."""


def examine(files: Mapping[str, bytes]) -> bool:
    """Load the project that `files` make; return whether it is one.  Raises what it finds."""
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder, _in_time():
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        try:
            loaded = _load(folder, sorted(name for name in files if name.endswith(".yaml")))
        except InvalidProject as error:
            render_all(error.problems, colour=False)
            return False
        _print_and_read_back(folder, loaded)
        return True


def _load(folder: str, names: list[str]) -> Loaded:
    return load(
        LoadOptions(
            working_directory=folder,
            environment=ENVIRONMENT,
            files=tuple(names),
            project_name="fuzz",
        )
    )


def _print_and_read_back(folder: str, loaded: Loaded) -> None:
    render_all(loaded.warnings, colour=True)
    if sum(len(service.ports) for service in loaded.project.services.values()) > 2000:
        return  # ranges of ports: printing and reading them three times tells nothing new
    for service in loaded.project.services.values():
        service_digests(service)
    with suppress(UsageError):  # JSON has no infinity
        to_json(project_tree(loaded.project, json=True))
    text = to_yaml(project_tree(loaded.project))
    once = _read_back(folder, text)
    if once is not None and "$" not in text:  # in keys, which are no templates, $ doubles
        twice = _read_back(folder, once)
        if twice != once:
            raise NotTheSame(f"{once}\n--- and then ---\n{twice}")


def _read_back(folder: str, text: str) -> str | None:
    """Return `text`, a printed model, as it is printed once read; None if it cannot be.

    Docker Compose prints names, too, that it refuses elsewhere, and so do we.
    """
    Path(folder, "again.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        return to_yaml(project_tree(_load(folder, ["again.yaml"]).project))
    except InvalidProject:
        return None


@contextmanager
def _in_time() -> Iterator[None]:
    def late(number: int, frame: object) -> None:
        raise TooSlow(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def files_of(data: bytes) -> dict[str, bytes]:
    """Return the files that one input holds, with a line `#%` between them."""
    return dict(zip(NAMES, data.split(b"\n#%\n"), strict=False))
