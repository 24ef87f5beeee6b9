"""An engine in memory that refuses what Docker refuses.

`tests/contract` runs one suite against this and a real engine; that is what
entitles the other tests to trust it.  Nothing happens by itself: a container
stops when its command ends (see `shell`), when it is told to, or when a test
says so with `behave` and `become`.  Restart policies are not carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network

from composer.engine.port import Report
from composer.errors import Cancelled, Conflict, EngineError, NotFound, Vanished
from composer.model.command import Attachment, Command
from composer.model.events import LogLine, Progress
from composer.model.layers import Layer
from composer.model.names import Label, full_reference
from composer.model.observed import (
    EngineVersion,
    Interest,
    Observed,
    ObservedContainer,
    ObservedImage,
    ObservedNetwork,
    ObservedVolume,
    Pool,
    VolumeUsage,
)
from composer.model.provision import ENDPOINT, ModelSpec, ProviderCall, Setting
from composer.model.reference import KnownRegistries
from composer.model.resources import ApiSocket, BuildSpec, ContainerSpec, NetworkSpec, VolumeSpec
from composer.model.service import NetworkReference
from composer.model.vicinity import Machine
from support.attached import FakeAttached
from support.fake_archives import FakeArchives
from support.fake_containers import FakeContainers
from support.fake_usage import FakeUsage
from support.streams import FakeEvents, FakeExec, FakeLogs, within
from support.world import BUILT_IN_NETWORKS, FakeContainer, hexadecimal

__all__ = ["FakeContainer", "FakeEngine"]


def repository(ref: str) -> str:
    return full_reference(ref).rpartition(":")[0]


class FakeEngine(FakeArchives, FakeContainers, FakeUsage):
    """The whole port: `FakeEngine(images=["present"], pullable=["in the registry"])`."""

    # Reader

    def version(self) -> EngineVersion:
        return EngineVersion(
            address="fake://", version="20.10.24", api="1.41", os="linux", arch="amd64"
        )

    def observe(
        self, interest: Interest, meanwhile: Callable[[], object] | None = None
    ) -> Observed:
        if meanwhile is not None:
            meanwhile()
        with self.changed:
            return Observed(
                containers=tuple(
                    self._looked_at(live, detailed=interest.details)
                    for live in self.containers.values()
                    if live.labels.get("com.docker.compose.project") == interest.project
                ),
                networks={
                    name: network
                    for name, network in self.networks.items()
                    if network.project == interest.project or name in interest.networks
                },
                volumes={
                    name: volume
                    for name, volume in self.volumes.items()
                    if volume.project == interest.project or name in interest.volumes
                },
                images={
                    ref: image
                    for ref in sorted(interest.images)
                    if (image := self.image_named(ref)) is not None
                },
                pools=tuple(pool for pools in self.pools.values() for pool in pools),
                lenient_networks=True,
            )

    def project_containers(self, project: str) -> tuple[ObservedContainer, ...]:
        return self.observe(Interest(project=project)).containers

    def every_container(self) -> tuple[ObservedContainer, ...]:
        with self.changed:
            return tuple(self.observed(live) for live in self.containers.values())

    def running_containers(self) -> tuple[ObservedContainer, ...]:
        with self.changed:
            return tuple(self.observed(live) for live in self.containers.values() if live.running)

    def containers_of_projects(self, *, all: bool) -> tuple[ObservedContainer, ...]:
        with self.changed:
            return tuple(
                self.observed(live)
                for live in self.containers.values()
                if Label.PROJECT in live.labels and (all or live.running)
            )

    def absences(self) -> int:
        return 0

    def machine(self) -> Machine:
        return self.where

    def api_socket(self) -> ApiSocket:
        if self.where.remote:
            raise EngineError(f"the engine at {self.where.remote} has no socket")
        return ApiSocket(path="/var/run/docker.sock", config='{\n\t"auths": {}\n}')

    def image(self, ref: str) -> ObservedImage | None:
        with self.changed:
            return self.image_named(ref)

    def inspect_images(self, refs: Iterable[str]) -> Mapping[str, ObservedImage]:
        with self.changed:
            return {ref: image for ref in refs if (image := self.image_named(ref)) is not None}

    def layers(self, image: str) -> tuple[Layer, ...]:
        with self.changed:
            found = self.image_named(image)
            return self.histories.get(found.id, (Layer(made_by="CMD x"),)) if found else ()

    # Networks

    def create_network(self, spec: NetworkSpec) -> None:
        with self.changed:
            if (twin := self.networks.get(spec.name)) is not None:
                if spec.labels and spec.labels.items() <= twin.labels.items():
                    return
                raise Conflict(f"network with name {spec.name} already exists")
            wanted = [ip_network(pool.subnet) for pool in spec.ipam.config if pool.subnet]
            taken = [ip_network(pool.subnet) for pools in self.pools.values() for pool in pools]
            if any(one.overlaps(other) for one in wanted for other in taken):
                raise EngineError("pool overlaps with other one on this address space")
            self.pools[spec.name] = tuple(
                Pool(network=spec.name, project=spec.labels.get(Label.PROJECT), subnet=str(subnet))
                for subnet in wanted
            )
            self.networks[spec.name] = ObservedNetwork(
                id=hexadecimal(f"network {spec.name} {self.tick()}"),
                name=spec.name,
                driver=spec.driver or "bridge",
                labels=dict(spec.labels),
                internal=spec.internal,
                options=dict(spec.driver_opts),
                ipam=replace(spec.ipam, driver=spec.ipam.driver or "default"),
                attachable=spec.attachable,
                enable_ipv6=bool(spec.enable_ipv6),
            )

    def remove_network(self, name: str) -> None:
        with self.changed:
            if name in BUILT_IN_NETWORKS:
                raise Conflict(f"{name} is a pre-defined network and cannot be removed")
            users = [c.name for c in self.containers.values() if c.running and name in c.networks]
            if users:
                raise Conflict(f"network {name} has active endpoints: {', '.join(users)}")
            self.networks.pop(name, None)
            self.pools.pop(name, None)

    def connect(self, container: str, network: str, endpoint: NetworkReference) -> None:
        with self.changed:
            live = self.find(container)
            found = self.networks.get(network)
            if found is None and live.running:
                raise Vanished(f"network {network} not found")
            if live.running and network in live.networks:
                if live.spec.config.networks.get(network) == endpoint:
                    return
                raise Conflict(
                    f"endpoint with name {live.name} already exists in network {network}"
                )
            if live.running:
                self._take_address(network, endpoint)
            live.networks[network] = found.id if found else ""
            networks = {**live.spec.config.networks, network: endpoint}
            live.spec = _with_networks(live.spec, networks)

    def disconnect(self, container: str, network: str) -> None:
        with self.changed:
            if self.known(container):
                live = self.find(container)
                live.networks.pop(network, None)
                networks = dict(live.spec.config.networks)
                networks.pop(network, None)
                live.spec = _with_networks(live.spec, networks)

    # Volumes

    def create_volume(self, spec: VolumeSpec) -> None:
        with self.changed:
            driver = spec.driver or "local"
            live = self.volumes.get(spec.name)
            if live is not None and live.driver != driver:
                raise Conflict(f"a volume named {spec.name} already exists with another driver")
            if live is None:
                self.files_in.pop(spec.name, None)
                device = spec.driver_opts.get("device", "")
                self.inside[spec.name] = self.devices.setdefault(device, {}) if device else {}
                self.volumes[spec.name] = ObservedVolume(
                    name=spec.name,
                    driver=driver,
                    labels=dict(spec.labels),
                    options=dict(spec.driver_opts),
                    created=self.stamp(),
                )
            if spec.files:
                if self.image_named(spec.image) is None:
                    raise NotFound(f"no such image: {spec.image}")
                kept = self.files_in.setdefault(spec.name, {})
                kept.update({file.path: file.content for file in spec.files})

    def usage(self, volumes: Iterable[str]) -> Mapping[str, VolumeUsage]:
        with self.changed:
            return {
                name: VolumeUsage(
                    size=self.sizes.get(name, 0 if name in self.volumes else None),
                    users=tuple(
                        sorted(
                            live.name
                            for live in self.containers.values()
                            if any(mount.name == name for mount in live.mounts)
                        )
                    ),
                )
                for name in volumes
            }

    def remove_volume(self, name: str) -> None:
        with self.changed:
            mounted = [
                live.name
                for live in self.containers.values()
                if any(mount.name == name for mount in live.mounts)
            ]
            if mounted:
                raise Conflict(f"volume {name} is in use by {', '.join(mounted)}")
            self.volumes.pop(name, None)
            self.inside.pop(name, None)

    # Images

    def labelled_images(self, label: str) -> tuple[ObservedImage, ...]:
        key, _, value = label.partition("=")
        with self.changed:
            found = {image.id: image for image in self.images.values()}
            return tuple(one for one in found.values() if one.labels.get(key) == value)

    def registries(self) -> KnownRegistries:
        return self.known_registries

    def registry_digest(self, ref: str) -> str:
        with self.changed:
            full = full_reference(self.tagged(ref))
            content = self.pullable.get(full)
            if content is None:
                raise NotFound(f"image {ref} does not exist, or asks for a login")
            return f"sha256:{hexadecimal(f'image {full} {content}')}"

    def pull(self, ref: str, platform: str | None, report: Report, *, dated: bool = False) -> None:
        with self.changed:
            full = full_reference(self.tagged(ref))
            content = self.pullable.get(full)
            if content is None:
                raise NotFound(f"image {ref} does not exist, or asks for a login")
            digest = self.registry_digest(full)
            layer = hexadecimal(f"layer {full} {content}")[:12]
            for text, current in (("Downloading", 50), ("Pull complete", 100)):
                report(Progress(text, part=layer, current=current, total=100))
            known_as = full if "@" not in ref else ref
            known = self.images.get(known_as)
            self.tag(known_as, f"image {full} {content}", digests=(f"{repository(full)}@{digest}",))
            image = self.images[known_as]
            if not dated:
                when = known.tagged_at if known is not None and known.id == image.id else 0
                self.images[known_as] = replace(image, tagged_at=when)

    def tagged(self, ref: str) -> str:
        """Return the tag under which the registry has what `ref` names by its digest."""
        name, at, digest = ref.partition("@")
        if not at:
            return ref
        for full in self.pullable:
            if repository(full) == repository(name) and self.registry_digest(full) == digest:
                return full
        return "gone"

    def build(self, spec: BuildSpec, report: Report) -> None:
        with self.changed:
            for line in self.said_by_builds:
                report(Progress(line))
            if spec.service in self.endless_builds or "RUN sleep" in (
                spec.build.dockerfile_inline or ""
            ):
                self._build_until_let_go(report)
            if spec.service in self.failing_builds:
                raise EngineError(self.failing_builds[spec.service])
            if spec.check:
                return
            seed = f"build {spec.service} {spec.build!r} {self.sources.get(spec.service, '')}"
            for tag in spec.tags:
                self.tag(full_reference(tag), seed, {**spec.build.labels, **spec.labels})

    def _build_until_let_go(self, report: Report) -> None:
        before = self.builds_let_go
        report(Progress("RUN sleep"))
        while self.builds_let_go == before:
            self.changed.wait()
        raise Cancelled

    def let_builds_go(self) -> None:
        with self.changed:
            self.builds_let_go += 1
            self.changed.notify_all()

    def bakes(self) -> bool:
        return self.baking

    def bake(
        self,
        specs: Sequence[BuildSpec],
        report: Callable[[BuildSpec, Progress], None],
        ended: Callable[[BuildSpec, BaseException | None], None],
    ) -> None:
        with self.changed:
            self.baked.append(tuple(spec.service for spec in specs))
        failed = False
        for spec in sorted(specs, key=lambda one: one.service not in self.failing_builds):
            try:
                if failed:
                    raise Cancelled
                self.build(spec, lambda told, spec=spec: report(spec, told))  # type: ignore[misc]
            except (EngineError, Cancelled) as error:
                failed = True
                ended(spec, error)
            else:
                ended(spec, None)

    def push(self, ref: str, report: Report) -> None:
        with self.changed:
            if self.image_named(ref) is None:
                raise NotFound(f"no such image: {ref}")
            self.publish(ref, "pushed")
            report(Progress("Pushed", part=hexadecimal(ref)[:12]))

    def nameless_images(self, project: str) -> tuple[str, ...]:
        with self.changed:
            return tuple(sorted(self.nameless.get(project, ())))

    def tag_image(self, ref: str, name: str) -> None:
        with self.changed:
            image = self.image_named(ref)
            if image is None:
                raise NotFound(f"no such image: {ref}")
            self.images[full_reference(name)] = image
            for known, other in self.images.items():
                refs = sorted(tag for tag, its in self.images.items() if its.id == other.id)
                self.images[known] = replace(other, refs=tuple(refs))

    def remove_image(self, ref: str) -> None:
        with self.changed:
            image = self.image_named(ref)
            if image is None:
                self._remove_nameless(ref)
                return
            users = [c.name for c in self.containers.values() if c.image_id == image.id]
            if users and len(image.refs) == 1:
                raise Conflict(f"image {ref} is used by {', '.join(users)}")
            for name in [name for name in self.images if name in (ref, full_reference(ref))]:
                del self.images[name]
            for name, other in self.images.items():
                refs = tuple(tag for tag in other.refs if tag in self.images)
                self.images[name] = replace(other, refs=refs)

    def _remove_nameless(self, id: str) -> None:
        if any(live.image_id == id for live in self.containers.values()):
            raise Conflict(f"image {id} is used")
        for images in self.nameless.values():
            images.discard(id)

    # Plugins

    def has_provider(self, type: str) -> bool:
        return type in self.providers

    def can_stop(self, type: str) -> bool:
        return self.providers[type].stops

    def has_models(self) -> bool:
        return self.model_endpoint is not None

    def provide(self, call: ProviderCall, report: Report) -> None:
        with self.changed:
            provider = self.providers.get(call.type)
            if provider is None:
                raise EngineError(f"provider {call.type!r} is not installed")
            if provider.fails is not None:
                raise EngineError(provider.fails)
            self.provided[call.service] = call.command
            for setting in provider.tells:
                report(Progress("", setting=setting))

    def pull_model(self, model: str, report: Report) -> None:
        with self.changed:
            self.models.setdefault(model, None)

    def configure_model(self, spec: ModelSpec, report: Report) -> None:
        with self.changed:
            if spec.model not in self.models:
                raise EngineError(f"model {spec.model} is not there")
            self.models[spec.model] = spec
            report(Progress("", setting=Setting(ENDPOINT, self.model_endpoint or "")))

    # Streams

    def changes(self, project: str) -> FakeEvents:
        with self.changed:
            stream = FakeEvents(project, self._forget)
            self.streams.append(stream)
            return stream

    def events(
        self, project: str, *, since: str | None = None, until: str | None = None
    ) -> FakeEvents:
        with self.changed:
            stream = FakeEvents(project, self._forget)
            for event in self.history if since is not None else ():
                own = event.labels.get(Label.PROJECT) == project
                if own and within(event.time, since, until):
                    stream.post(event)
            if until is None:
                self.streams.append(stream)
            else:
                stream.close()
            return stream

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
    ) -> FakeLogs:
        with self.changed:
            live = self.find(container)
            skipped = 0 if tail is None else max(0, len(live.output) - tail)

            def read(position: int, waits: bool) -> list[LogLine] | None:
                """Return the lines from `position` on; None is the end."""
                with self.changed:
                    first = skipped + position
                    while waits and live.running and not logs.closed and len(live.output) <= first:
                        self.changed.wait()
                    return live.output[first:] or None

            logs = FakeLogs(
                read,
                self._wake,
                *(since, until),
                timestamps=timestamps,
                follow=follow,
                halts=halts,
            )
            return logs

    def exec(self, container: str, command: Command) -> FakeExec:
        with self.changed:
            live = self.find(container)
            if not live.running:
                raise Conflict(f"container {live.name} is not running")
            said = live.run(command.words, command.environment, command.user, command.workdir)
            if said.exit_code:
                self.post(live, "exec_die", said.exit_code)
            reads = said.reads_input and command.interactive
            return FakeExec(said.output, said.exit_code or 0, reads=reads, tty=command.tty)

    def exec_detached(self, container: str, command: Command) -> None:
        self.exec(container, command)

    def attach(self, container: str, attachment: Attachment) -> FakeAttached:
        with self.changed:
            live = self.find(container)
            if live.state.status == "paused":
                raise Conflict(f"container {live.name} is paused, unpause it first")
            return FakeAttached(self, live, attachment)

    def close(self) -> None:
        with self.changed:
            for stream in list(self.streams):
                stream.close()

    # Inside

    def _forget(self, stream: FakeEvents) -> None:
        with self.changed:
            if stream in self.streams:
                self.streams.remove(stream)

    def _wake(self) -> None:
        with self.changed:
            self.changed.notify_all()


def _with_networks(spec: ContainerSpec, networks: dict[str, NetworkReference]) -> ContainerSpec:
    return replace(spec, config=replace(spec.config, networks=networks))
