"""The port: what composer needs of an engine, in composer's own types.

Small protocols, split by who needs them.  Every method may raise EngineError and
nothing else.  Containers, networks and volumes are named as the engine names
them; a container may also be given by its id.  Methods may be called from any
thread, several at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from composer.model.archives import CommitSpec, PathStat
from composer.model.command import Attachment, Command
from composer.model.events import LogBatch, LogLine, Progress
from composer.model.layers import Layer
from composer.model.observed import (
    ContainerState,
    EngineEvent,
    EngineVersion,
    Interest,
    Observed,
    ObservedContainer,
    ObservedImage,
    VolumeUsage,
)
from composer.model.provision import ModelSpec, ProviderCall
from composer.model.resources import (
    ApiSocket,
    BuildSpec,
    ContainerSpec,
    Delivery,
    Limits,
    NetworkSpec,
    VolumeSpec,
)
from composer.model.service import NetworkReference
from composer.model.usage import Processes, Sample

if TYPE_CHECKING:
    from composer.model.reference import KnownRegistries
    from composer.model.vicinity import Machine

Report = Callable[[Progress], None]


class Reader(Protocol):
    def version(self) -> EngineVersion: ...

    def observe(
        self, interest: Interest, meanwhile: Callable[[], object] | None = None
    ) -> Observed:
        """Return the snapshot: one list call for each kind, few inspected.

        `meanwhile` is called once, while the engine thinks.
        """

    def inspect(self, containers: Iterable[str]) -> Mapping[str, ObservedContainer]:
        """Return the containers with their `config`, image defaults subtracted, by id.

        Containers that vanished meanwhile are left out.
        """

    def project_containers(self, project: str) -> tuple[ObservedContainer, ...]:
        """Return the containers of a snapshot and no more, for who needs nothing else."""

    def every_container(self) -> tuple[ObservedContainer, ...]:
        """Return every container there is, whatever its project: one list call."""

    def running_containers(self) -> tuple[ObservedContainer, ...]:
        """Return every container that runs, whatever its project: one list call."""

    def containers_of_projects(self, *, all: bool) -> tuple[ObservedContainer, ...]:
        """Return the containers of every project there is, with `all` stopped ones too."""

    def absences(self) -> int:
        """Return how often the engine went away and came back, as far as anybody noticed."""

    def machine(self) -> Machine:
        """Return where the engine runs, without asking it."""

    def usage(self, volumes: Iterable[str]) -> Mapping[str, VolumeUsage]:
        """Return how large volumes are, and which containers of all projects mount them.

        Measuring takes time, all volumes of the engine are measured: not for every `up`.
        """

    def api_socket(self) -> ApiSocket:
        """Return how a container may talk to the engine; EngineError where none can."""

    def state(self, container: str) -> ContainerState: ...

    def image(self, ref: str) -> ObservedImage | None: ...

    def inspect_images(self, refs: Iterable[str]) -> Mapping[str, ObservedImage]:
        """Return the images by what they were asked for; those that are missing are left out."""

    def layers(self, image: str) -> tuple[Layer, ...]:
        """Return the history of an image, the latest first; nothing of one that is gone."""

    def processes(self, containers: Iterable[str]) -> Mapping[str, Processes]:
        """Return the processes of each container that runs, and nothing of the others."""

    def samples(self, containers: Iterable[str]) -> Mapping[str, Sample]:
        """Return what each container has used until now; one that does not run uses nothing.

        Containers that vanished meanwhile are left out.
        """

    def delivered(self, containers: Iterable[str]) -> Mapping[str, str]:
        """Return the digest of what was last delivered to each; nothing for the others."""

    def check(self, spec: ContainerSpec | NetworkSpec) -> None:
        """Raise EngineError for what this engine is too old to carry out; ask it nothing."""


class Writer(Protocol):
    def create_network(self, spec: NetworkSpec) -> None: ...

    def remove_network(self, name: str) -> None: ...

    def connect(self, container: str, network: str, endpoint: NetworkReference) -> None: ...

    def disconnect(self, container: str, network: str) -> None: ...

    def create_volume(self, spec: VolumeSpec) -> None:
        """Create the volume, if there is none of that name, and write its files into it."""

    def remove_volume(self, name: str) -> None: ...

    def create_container(self, spec: ContainerSpec, report: Report | None = None) -> str:
        """Create the container, in all of its networks and with its files; return its id.

        `report` hears the engine's warnings: what it knows and will not honour here.
        """

    def update_container(self, container: str, limits: Limits) -> None:
        """Change limits and restart policy, running or not; refused, nothing has changed."""

    def deliver(self, container: str, delivery: Delivery) -> None:
        """Write files into a container, running or not, and send it the signals if it runs.

        Then note the digest in it, for `delivered`: whatever comes between, it is done again.
        """

    def start(self, container: str) -> None: ...

    def stop(self, container: str, timeout: float | None = None) -> None:
        """Return when it has stopped.  None leaves the timeout to the container."""

    def hearing_the_ends(
        self, containers: Iterable[str], ended: Callable[[str], None]
    ) -> AbstractContextManager[Set[str]]:
        """Call `ended` with each container whose processes end within the block, from a thread.

        Yields those that it can do this for: only where processes can be seen is it known
        before the engine has tidied up after them.
        """

    def restart(self, container: str, timeout: float | None = None) -> None:
        """Stop and start a container; one that does not run is only started."""

    def pause(self, container: str) -> None:
        """Freeze what runs in the container; if it is frozen already, that is fine."""

    def unpause(self, container: str) -> None:
        """Let it go on; if it is not frozen, that is fine."""

    def kill(self, container: str, signal: str = "SIGKILL") -> None: ...

    def remove(self, container: str, *, volumes: bool = False, force: bool = False) -> None:
        """Remove a stopped container; `volumes` takes the anonymous ones with it."""

    def rename(self, container: str, name: str) -> None: ...


class Images(Protocol):
    def registry_digest(self, ref: str) -> str:
        """Return the digest that the registry has for `ref`: what a pull would bring."""

    def labelled_images(self, label: str) -> tuple[ObservedImage, ...]:
        """Return the images that have a label, `KEY=VALUE`, as they are listed, with sizes."""

    def registries(self) -> KnownRegistries:
        """Return what the engine knows of registries."""

    def pull(self, ref: str, platform: str | None, report: Report, *, dated: bool = False) -> None:
        """Pull an image.  One that is `dated` has been tagged now, be it the one that was here."""

    def build(self, spec: BuildSpec, report: Report) -> None: ...

    def bakes(self) -> bool:
        """Say whether several builds are best asked for at once; found out without the engine."""

    def bake(
        self,
        specs: Sequence[BuildSpec],
        report: Callable[[BuildSpec, Progress], None],
        ended: Callable[[BuildSpec, BaseException | None], None],
    ) -> None:
        """Build all of them together; `ended` hears of each once, when it is over.

        Those that are `upon` others of them may be among them.  Of one that fails it hears
        the EngineError, then of those that were let go because of that Cancelled.
        """

    def push(self, ref: str, report: Report) -> None: ...

    def tag_image(self, ref: str, name: str) -> None:
        """Give an image another name, whoever has it now.  Raises NotFound."""

    def remove_image(self, ref: str) -> None: ...

    def let_builds_go(self) -> None:
        """Break off the builds that are under way; each ends with Cancelled."""

    def nameless_images(self, project: str) -> tuple[str, ...]:
        """Return the ids of images that were built for a project and have no name any more."""


class Plugins(Protocol):
    """Programs beside the engine.  What they tell to who uses them comes as settings."""

    def has_provider(self, type: str) -> bool: ...

    def can_stop(self, type: str) -> bool:
        """Say whether a provider knows how to stop; most only know up and down."""

    def has_models(self) -> bool:
        """Say whether there is who runs models."""

    def provide(self, call: ProviderCall, report: Report) -> None: ...

    def pull_model(self, model: str, report: Report) -> None:
        """Pull a model; one that is there is fine."""

    def configure_model(self, spec: ModelSpec, report: Report) -> None:
        """Configure a model and report the setting ENDPOINT."""


class Closing(Protocol):
    def close(self) -> None:
        """End the stream, from any thread; whoever iterates sees it end."""


class EventStream(Closing, Protocol):
    def __iter__(self) -> Iterator[EngineEvent]: ...


class LogStream(Closing, Protocol):
    def __iter__(self) -> Iterator[LogLine]: ...

    def batches(self) -> Iterator[LogBatch]:
        """Yield the lines as they arrive, with their times, for who has many of them."""


class Dialogue(Closing, Protocol):
    """A process in a container, heard and told.  Output arrives as (stream, bytes)."""

    def __iter__(self) -> Iterator[tuple[str, bytes]]: ...

    def write(self, data: bytes) -> None: ...

    def close_input(self) -> None: ...

    def resize(self, rows: int, columns: int) -> None: ...

    def exit_code(self) -> int:
        """Return the code, once the output has ended."""


class Streams(Protocol):
    def changes(self, project: str) -> EventStream:
        """Return the container events of a project, from now on.

        The subscription stands when this returns: nothing after it is missed.
        Of what is executed in containers, their probes too, only failures are told
        (exec_die): the rest would drown everything.  A stream that breaks off raises
        EngineError, a closed one just ends.
        """

    def events(
        self, project: str, *, since: str | None = None, until: str | None = None
    ) -> EventStream:
        """Return all that is told of a project's containers, from now on unless `since` is said.

        Moments are in seconds since the epoch.  It ends at `until`, and where it is cut
        it goes on.  The subscription stands when this returns.
        """

    def logs(
        self,
        container: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: str | None = None,
        until: str | None = None,
        timestamps: bool = False,
        halts: bool = False,
    ) -> LogStream:
        """Return the output of a container, to its end or to what was said so far.

        With `follow` and `halts` the first `batches` end with what was said so far,
        and the next go on from there: no line is lost in between, and none comes twice.
        """

    def exec(self, container: str, command: Command) -> Dialogue: ...

    def exec_detached(self, container: str, command: Command) -> None: ...

    def attach(self, container: str, attachment: Attachment) -> Dialogue:
        """Join the process of a container, before its start too: nothing of it is missed then.

        Its exit code is that of the first end after this.
        """


class Readable(Protocol):
    """What is sent: `read` returns at most `size` bytes, none at the end."""

    def read(self, size: int, /) -> bytes: ...


class ByteStream(Closing, Protocol):
    def __iter__(self) -> Iterator[bytes]: ...


class ArchiveStream(ByteStream, Protocol):
    """A tar archive; its first entry is what `stat` tells of."""

    @property
    def stat(self) -> PathStat: ...


class Archives(Protocol):
    """What containers hold, running or not, as tar archives that flow."""

    def look_at(self, container: str, path: str) -> PathStat | None:
        """Return what is there, None for nothing, and for what cannot be looked at."""

    def read_archive(self, container: str, path: str) -> ArchiveStream:
        """Return what is at `path`, with all below; a symbolic link is not followed.

        The names in it begin with the last part of `path`, "." and "/" too.
        """

    def write_archive(
        self,
        container: str,
        path: str,
        content: Readable,
        *,
        to_user: bool = False,
        replace: bool = False,
    ) -> None:
        """Unpack an archive into a directory; what it is cut short of is not written.

        No directory is replaced by something else, nor something else by a directory.
        Owners are those of the archive, by number; with `to_user` it is the container's user,
        where it has one of its own.  To `replace`, what is of another kind gives way, a
        directory with all that is in it.
        """

    def export(self, container: str) -> ByteStream:
        """Return all of the file system as an archive, without what is mounted into it."""

    def commit(self, container: str, spec: CommitSpec) -> str:
        """Make an image of the container and return its id."""

    def save_images(self, refs: Iterable[str]) -> ByteStream:
        """Return images, by their tags, as one archive; layers that they share are in it once."""

    def load_images(self, content: Readable) -> None:
        """Take in what `save_images` gave: images with their tags."""


class Engine(Reader, Writer, Images, Plugins, Streams, Archives, Protocol):
    def close(self) -> None:
        """Let go of every connection."""
