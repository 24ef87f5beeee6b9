"""An engine that is looked at and never touched, for --dry-run.

What reads is passed on; what writes does nothing.  A container that would have
been created is taken for one that runs and is well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from composer.engine.port import (
    ArchiveStream,
    ByteStream,
    Engine,
    EventStream,
    LogStream,
    Readable,
    Report,
)
from composer.errors import NotFound
from composer.model.archives import CommitSpec, PathStat
from composer.model.command import Attachment, Command
from composer.model.events import Progress
from composer.model.layers import Layer
from composer.model.observed import (
    ContainerState,
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

_WELL = ContainerState(status="running", health="healthy")


class SilentCommand:
    """A command that says nothing and succeeds."""

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        return iter(())

    def write(self, data: bytes) -> None:
        pass

    def close_input(self) -> None:
        pass

    def resize(self, rows: int, columns: int) -> None:
        pass

    def exit_code(self) -> int:
        return 0

    def close(self) -> None:
        pass


class DryRun:
    """The port over `engine`, without its writing half."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def version(self) -> EngineVersion:
        return self._engine.version()

    def observe(
        self, interest: Interest, meanwhile: Callable[[], object] | None = None
    ) -> Observed:
        return self._engine.observe(interest, meanwhile)

    def project_containers(self, project: str) -> tuple[ObservedContainer, ...]:
        return self._engine.project_containers(project)

    def every_container(self) -> tuple[ObservedContainer, ...]:
        return self._engine.every_container()

    def running_containers(self) -> tuple[ObservedContainer, ...]:
        return self._engine.running_containers()

    def containers_of_projects(self, *, all: bool) -> tuple[ObservedContainer, ...]:
        return self._engine.containers_of_projects(all=all)

    def absences(self) -> int:
        return self._engine.absences()

    def machine(self) -> Machine:
        return self._engine.machine()

    def api_socket(self) -> ApiSocket:
        return self._engine.api_socket()

    def check(self, spec: ContainerSpec | NetworkSpec) -> None:
        self._engine.check(spec)

    def inspect(self, containers: Iterable[str]) -> Mapping[str, ObservedContainer]:
        return self._engine.inspect(containers)

    def usage(self, volumes: Iterable[str]) -> Mapping[str, VolumeUsage]:
        return self._engine.usage(volumes)

    def delivered(self, containers: Iterable[str]) -> Mapping[str, str]:
        return self._engine.delivered(containers)

    def state(self, container: str) -> ContainerState:
        try:
            return self._engine.state(container)
        except NotFound:
            return _WELL

    def image(self, ref: str) -> ObservedImage | None:
        return self._engine.image(ref)

    def labelled_images(self, label: str) -> tuple[ObservedImage, ...]:
        return self._engine.labelled_images(label)

    def registries(self) -> KnownRegistries:
        return self._engine.registries()

    def inspect_images(self, refs: Iterable[str]) -> Mapping[str, ObservedImage]:
        return self._engine.inspect_images(refs)

    def layers(self, image: str) -> tuple[Layer, ...]:
        return self._engine.layers(image)

    def processes(self, containers: Iterable[str]) -> Mapping[str, Processes]:
        return self._engine.processes(containers)

    def samples(self, containers: Iterable[str]) -> Mapping[str, Sample]:
        return self._engine.samples(containers)

    def registry_digest(self, ref: str) -> str:
        return self._engine.registry_digest(ref)

    def create_network(self, spec: NetworkSpec) -> None:
        pass

    def remove_network(self, name: str) -> None:
        pass

    def connect(self, container: str, network: str, endpoint: NetworkReference) -> None:
        pass

    def disconnect(self, container: str, network: str) -> None:
        pass

    def create_volume(self, spec: VolumeSpec) -> None:
        pass

    def remove_volume(self, name: str) -> None:
        pass

    def create_container(self, spec: ContainerSpec, report: Report | None = None) -> str:
        return "0" * 64

    def update_container(self, container: str, limits: Limits) -> None:
        pass

    def deliver(self, container: str, delivery: Delivery) -> None:
        pass

    def start(self, container: str) -> None:
        pass

    def stop(self, container: str, timeout: float | None = None) -> None:
        pass

    def hearing_the_ends(
        self, containers: Iterable[str], ended: Callable[[str], None]
    ) -> AbstractContextManager[Set[str]]:
        return nullcontext(frozenset(containers))

    def restart(self, container: str, timeout: float | None = None) -> None:
        pass

    def pause(self, container: str) -> None:
        pass

    def unpause(self, container: str) -> None:
        pass

    def kill(self, container: str, signal: str = "SIGKILL") -> None:
        pass

    def remove(self, container: str, *, volumes: bool = False, force: bool = False) -> None:
        pass

    def rename(self, container: str, name: str) -> None:
        pass

    def pull(self, ref: str, platform: str | None, report: Report, *, dated: bool = False) -> None:
        pass

    def build(self, spec: BuildSpec, report: Report) -> None:
        pass

    def bakes(self) -> bool:
        return self._engine.bakes()

    def bake(
        self,
        specs: Sequence[BuildSpec],
        report: Callable[[BuildSpec, Progress], None],
        ended: Callable[[BuildSpec, BaseException | None], None],
    ) -> None:
        for spec in specs:
            ended(spec, None)

    def let_builds_go(self) -> None:
        pass

    def push(self, ref: str, report: Report) -> None:
        pass

    def tag_image(self, ref: str, name: str) -> None:
        pass

    def remove_image(self, ref: str) -> None:
        pass

    def nameless_images(self, project: str) -> tuple[str, ...]:
        return self._engine.nameless_images(project)

    def has_provider(self, type: str) -> bool:
        return self._engine.has_provider(type)

    def can_stop(self, type: str) -> bool:
        return self._engine.can_stop(type)

    def has_models(self) -> bool:
        return self._engine.has_models()

    def provide(self, call: ProviderCall, report: Report) -> None:
        pass

    def pull_model(self, model: str, report: Report) -> None:
        pass

    def configure_model(self, spec: ModelSpec, report: Report) -> None:
        pass

    def changes(self, project: str) -> EventStream:
        return self._engine.changes(project)

    def events(
        self, project: str, *, since: str | None = None, until: str | None = None
    ) -> EventStream:
        return self._engine.events(project, since=since, until=until)

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
        return self._engine.logs(
            container,
            follow=follow,
            tail=tail,
            since=since,
            until=until,
            timestamps=timestamps,
            halts=halts,
        )

    def exec(self, container: str, command: Command) -> SilentCommand:
        return SilentCommand()

    def exec_detached(self, container: str, command: Command) -> None:
        pass

    def attach(self, container: str, attachment: Attachment) -> SilentCommand:
        return SilentCommand()

    def look_at(self, container: str, path: str) -> PathStat | None:
        return self._engine.look_at(container, path)

    def read_archive(self, container: str, path: str) -> ArchiveStream:
        return self._engine.read_archive(container, path)

    def write_archive(
        self,
        container: str,
        path: str,
        content: Readable,
        *,
        to_user: bool = False,
        replace: bool = False,
    ) -> None:
        pass

    def export(self, container: str) -> ByteStream:
        return self._engine.export(container)

    def save_images(self, refs: Iterable[str]) -> ByteStream:
        return self._engine.save_images(refs)

    def load_images(self, content: Readable) -> None:
        pass

    def commit(self, container: str, spec: CommitSpec) -> str:
        return f"sha256:{'0' * 64}"

    def close(self) -> None:
        self._engine.close()
