"""Take a project out of a bundle: its files, images and volumes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from composer.actions.bundle import holding
from composer.actions.bundle_file import BundleReader, reading
from composer.engine.port import Engine
from composer.errors import ComposerError, UsageError
from composer.loader.files import NAMES, OVERRIDES
from composer.model.bundle import IMAGES, PROJECT, Bundle
from composer.model.observed import Interest
from composer.record import dataclass

_TEMPLATE = "env.template"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbundleOptions:
    """`directory` "" is one called like the project."""

    path: str
    directory: str = ""
    images: bool = True
    volumes: bool = True


def look(path: str) -> Bundle:
    """Return what a bundle holds; every byte of it is verified.  Raises ComposerError."""
    with reading(path) as reader:
        return reader.verify()


def unbundle(bundle: Bundle, engine: Engine | None, options: UnbundleOptions) -> str:
    """Take everything out of a bundle that was verified; return the directory.

    Without an engine it is files only.  Raises ComposerError before anything is touched if
    the directory has something in it, or a volume is there already.
    """
    directory = options.directory or bundle.project
    _refuse_used(directory)
    volumes = bundle.volumes if engine is not None and options.volumes else ()
    if engine is not None and volumes:
        _refuse_volumes(bundle, engine)
    with reading(options.path) as reader:
        if engine is not None and options.images and bundle.images:
            engine.load_images(reader.open(IMAGES))
        _write_files(bundle, reader, directory)
        for volume in volumes:
            assert engine is not None
            engine.create_volume(volume.spec)
            with holding(engine, bundle.images[0], volume.spec.name) as (container, path):
                engine.write_archive(container, path, reader.open(volume.content))
    return directory


def _refuse_used(directory: str) -> None:
    with suppress(FileNotFoundError):
        try:
            if os.listdir(directory):
                raise UsageError(
                    f"{directory} has something in it already", help="another one: --output DIR"
                )
        except NotADirectoryError:
            raise UsageError(f"{directory} is no directory") from None


def _refuse_volumes(bundle: Bundle, engine: Engine) -> None:
    names = frozenset(one.spec.name for one in bundle.volumes)
    there = engine.observe(Interest(project=bundle.project, volumes=names)).volumes
    if found := sorted(names & set(there)):
        raise ComposerError(
            f"there are volumes of that name already: {', '.join(found)}",
            help="remove them, or leave those of the bundle out: --no-volumes",
        )


def _write_files(bundle: Bundle, reader: BundleReader, directory: str) -> None:
    try:
        for member in bundle.members:
            if member.name == _TEMPLATE:
                path = Path(directory, _TEMPLATE)
            elif member.name.startswith(PROJECT):
                path = Path(directory, _inner(reader, member.name))
            else:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.writelines(reader.content(member.name))
            path.chmod(member.mode & 0o777)
        _write_settings(bundle, Path(directory, ".env"))
    except OSError as error:
        raise ComposerError(f"{error.filename}: {(error.strerror or '').lower()}") from None


def _inner(reader: BundleReader, name: str) -> PurePosixPath:
    """Return the path of a project's file; one that would lie elsewhere is not to be trusted."""
    path = PurePosixPath(name.removeprefix(PROJECT))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise reader.broken(name)
    return path


def _write_settings(bundle: Bundle, path: Path) -> None:
    """Have the project keep its name and its files: both may have come from a command line."""
    text = path.read_text() if path.exists() else ""
    lines = [line for line in _settings(bundle) if line.partition("=")[0] + "=" not in text]
    if lines:
        gap = "" if not text or text.endswith("\n") else "\n"
        path.write_text(f"{text}{gap}# written by composer unbundle\n" + "\n".join(lines) + "\n")


def _settings(bundle: Bundle) -> Iterator[str]:
    yield f"COMPOSE_PROJECT_NAME={bundle.project}"
    first, *rest = bundle.compose_files
    if first not in NAMES or any(name not in OVERRIDES for name in rest) or len(rest) > 1:
        yield f"COMPOSE_FILE={':'.join(bundle.compose_files)}"
