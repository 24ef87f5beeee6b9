"""Take a project out of a bundle: its files, images and volumes."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any

from composer.actions.bundle import holding, insist
from composer.actions.bundle_file import BundleReader, reading
from composer.actions.bundle_names import arrive
from composer.actions.unpack import StreamedFile
from composer.engine.port import Engine
from composer.errors import ComposerError, Conflict, EngineError, InvalidProject, UsageError
from composer.loader.dotenv import parse
from composer.loader.files import NAMES, OVERRIDES
from composer.model.bundle import IMAGES, PROJECT, TEMPLATE, Bundle, BundledVolume, Member
from composer.model.observed import Interest
from composer.model.resources import VolumeSpec
from composer.record import dataclass, replace
from composer.source import SourceFile


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbundleOptions:
    """`directory` "" is one called like the project."""

    path: str
    directory: str = ""
    images: bool = True
    volumes: bool = True


_NAME = "COMPOSE_PROJECT_NAME"
_FILES = "COMPOSE_FILE"
_SEPARATOR = "COMPOSE_PATH_SEPARATOR"


def look(path: str) -> Bundle:
    """Return what a bundle holds; every byte of it is verified.  Raises ComposerError."""
    with reading(path) as reader:
        return reader.verify()


def unbundle(bundle: Bundle, engine: Engine | None, options: UnbundleOptions) -> str:
    """Take everything out of a bundle that was verified; return the directory.

    Without an engine it is files only.  Raises ComposerError before anything is touched if
    the directory has something in it, or a volume is there already.  What fails half way
    leaves no volumes and no files, so that it can be tried again.
    """
    directory = options.directory or bundle.project
    _refuse_used(directory)
    with reading(options.path) as reader, ExitStack() as undone_if_it_fails:
        if engine is not None:
            _into_engine(bundle, engine, reader, options, undone_if_it_fails)
        _write_files(bundle if options.images else _without_images(bundle), reader, directory)
    return directory


def _without_images(bundle: Bundle) -> Bundle:
    """Return the bundle of a project that names its images as it always did."""
    members = (one for one in bundle.members if one.name != PROJECT + bundle.override)
    return replace(bundle, members=tuple(members), override="")


def _into_engine(
    bundle: Bundle, engine: Engine, reader: BundleReader, options: UnbundleOptions, undo: ExitStack
) -> None:
    volumes = bundle.volumes if options.volumes else ()
    image = ""
    if volumes:
        _refuse_volumes(bundle.project, volumes, engine)
        image = _image_to_fill_by(bundle, engine, options)
    if options.images and bundle.images:
        engine.load_images(reader.open(IMAGES))
        arrive(engine, bundle.renamed)
    for volume in volumes:
        _refuse_volumes(bundle.project, [volume], engine)  # loading may have taken a while
        undo.enter_context(_filled(engine, image, volume.spec, reader.open(volume.content)))


def _image_to_fill_by(bundle: Bundle, engine: Engine, options: UnbundleOptions) -> str:
    """Return an image for a container, never started, by which volumes are filled."""
    for ref in (*bundle.images, *(one.ref for one in bundle.renamed)):
        if options.images or engine.image(ref) is not None:
            return ref
    raise UsageError(
        "volumes are filled by way of an image of the project, and none is here",
        help="take the images out too, or leave volumes out: --no-volumes",
    )


@contextmanager
def _filled(engine: Engine, image: str, spec: VolumeSpec, content: IO[bytes]) -> Iterator[None]:
    """Make a volume and fill it.  It goes again if this fails, or what is done until the end.

    Nothing that was there before goes with it: what a driver of its own keeps might.
    """
    ours = spec.driver in (None, "", "local")
    try:
        try:
            engine.create_volume(spec)
        except Conflict:  # somebody else has been quicker
            ours = False
            raise
        with holding(engine, image, spec.name) as (container, path):
            if _holds_anything(engine, container, path):
                ours = ours and bool(spec.driver_opts)
                raise _occupied(spec)
            ours = True
            engine.write_archive(container, path, content)
        yield
    except BaseException:
        if ours:
            _remove(engine, spec.name)
        raise


def _holds_anything(engine: Engine, container: str, path: str) -> bool:
    with closing(engine.read_archive(container, f"{path}/.")) as content:
        file: Any = StreamedFile(content)
        with tarfile.open(fileobj=file, mode="r|") as entries:
            return sum(1 for _ in islice(entries, 2)) > 1  # the first is the directory itself


def _occupied(spec: VolumeSpec) -> ComposerError:
    device = spec.driver_opts.get("device", "")
    return ComposerError(
        f"volume {spec.name} has something in it already"
        + (f": that is what lies in {device}" if device else ""),
        help="move it away, or leave volumes out: --no-volumes",
    )


def _remove(engine: Engine, volume: str) -> None:
    try:
        insist(lambda: engine.remove_volume(volume))
    except EngineError as error:
        raise EngineError(
            f"volume {volume} was begun, and is not complete: {error.message}",
            help=f"remove it: docker volume rm {volume}",
        ) from error


def _refuse_used(directory: str) -> None:
    with suppress(FileNotFoundError):
        try:
            if os.listdir(directory):
                raise UsageError(
                    f"{directory} has something in it already", help="another one: --output DIR"
                )
        except NotADirectoryError:
            raise UsageError(f"{directory} is no directory") from None
        except PermissionError:
            raise UsageError(f"{directory} may not be looked into") from None


def _refuse_volumes(project: str, volumes: Iterable[BundledVolume], engine: Engine) -> None:
    names = frozenset(one.spec.name for one in volumes)
    there = engine.observe(Interest(project=project, volumes=names)).volumes
    if found := sorted(names & set(there)):
        raise ComposerError(
            f"there are volumes of that name already: {', '.join(found)}",
            help="remove them, or leave those of the bundle out: --no-volumes",
        )


def _write_files(bundle: Bundle, reader: BundleReader, directory: str) -> None:
    """Write all files, or leave none."""
    made: list[Path] = []
    try:
        for name, member in _files(bundle, reader).items():
            path = Path(directory, name)
            _make_directories(path.parent, made)
            with open(path, "xb", opener=_for_nobody_else) as file:
                made.append(path)
                file.writelines(reader.content(member.name))
            path.chmod(member.mode & 0o777)
        _write_settings(bundle, Path(directory, ".env"), made)
    except BaseException as error:
        for path in reversed(made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        if isinstance(error, OSError):
            message = f"{error.filename or directory}: {(error.strerror or '').lower()}"
            raise ComposerError(message) from None
        raise


def _files(bundle: Bundle, reader: BundleReader) -> dict[PurePosixPath, Member]:
    """Return the files of the project; a template of its own wins over ours."""
    found = {PurePosixPath(TEMPLATE): one for one in bundle.members if one.name == TEMPLATE}
    for member in bundle.members:
        if member.name.startswith(PROJECT):
            found[_inner(reader, member.name)] = member
    return found


def _make_directories(path: Path, made: list[Path]) -> None:
    if not path.is_dir():
        _make_directories(path.parent, made)
        path.mkdir()
        made.append(path)


def _for_nobody_else(path: str, flags: int) -> int:
    """Open a file that gets its mode once it is whole."""
    return os.open(path, flags, 0o600)


def _inner(reader: BundleReader, name: str) -> PurePosixPath:
    """Return the path of a project's file; one that would lie elsewhere is not to be trusted."""
    path = PurePosixPath(name.removeprefix(PROJECT))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise reader.broken(name)
    return path


def _write_settings(bundle: Bundle, path: Path, made: list[Path]) -> None:
    """Have the project keep its name and its files: both may have come from a command line."""
    text = path.read_text("utf-8", "surrogateescape") if path.exists() else ""
    lines = list(_settings(bundle, _variables(text)))
    if lines:
        made.append(path)
        gap = "" if not text or text.endswith("\n") else "\n"
        added = "\n".join(("# written by composer unbundle", *lines))
        path.write_text(f"{text}{gap}{added}\n", "utf-8", "surrogateescape")


def _settings(bundle: Bundle, there: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines that are missing in an .env in which `there` is set: the last one counts."""
    if there.get(_NAME) != bundle.project:
        yield f"{_NAME}={bundle.project}"
    files = [*bundle.compose_files, *([bundle.override] if bundle.override else [])]
    named = there.get(_FILES)
    listed = named.split(there.get(_SEPARATOR) or ":") if named else None
    if listed == files or (listed is None and _found_by_name(*files)):
        return
    yield f"{_SEPARATOR}=:"  # what is there may have named another one
    yield f"{_FILES}={':'.join(files)}"


def _found_by_name(first: str, *rest: str) -> bool:
    """Say whether these are the files that a project has which nobody names."""
    return first in NAMES and all(name in OVERRIDES for name in rest) and len(rest) < 2


def _variables(text: str) -> Mapping[str, str]:
    """Return what an .env sets; nothing if it cannot be read, which loading will tell."""
    try:
        return parse(SourceFile(".env", text), lambda name: None)
    except InvalidProject:
        return {}
