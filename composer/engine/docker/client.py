"""The engine behind the port: Docker's HTTP API, on the address that the user means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from composer.engine.docker.address import resolve
from composer.engine.docker.api import show
from composer.engine.docker.archives import Archives
from composer.engine.docker.containers import Containers
from composer.engine.docker.dialogues import Dialogues
from composer.engine.docker.images import Images
from composer.engine.docker.listing import (
    inspected_image,
    listed_container,
    listed_network,
    listed_volume,
    pools,
)
from composer.engine.docker.networks import Networks
from composer.engine.docker.plugins import Plugins
from composer.engine.docker.questions import can_be_image, gone, of_image
from composer.engine.docker.streams import Streams
from composer.engine.docker.usage import Usage
from composer.engine.docker.volumes import Volumes
from composer.engine.docker.wire import Question, Wire
from composer.errors import EngineError
from composer.model.engine_choice import EngineChoice
from composer.model.names import Label
from composer.model.observed import EngineVersion, Interest, Observed, ObservedContainer
from composer.model.resources import ApiSocket

if TYPE_CHECKING:
    from composer.model.vicinity import Machine


def connect(
    environment: Mapping[str, str],
    choice: EngineChoice | None = None,
    *,
    more: Callable[[], Mapping[str, str]] = dict,
    trace: Callable[[str], None] = lambda line: None,
) -> DockerEngine:
    """Return the engine that flags, variables and docker contexts name.

    `more` returns further variables for programs; `trace` hears what the engine is asked.
    Raises EngineUnavailable if nobody answers there.
    """
    address = resolve(environment, choice)
    return DockerEngine(Wire(address, trace=trace), {**environment, **address.variables}, more)


class DockerEngine(
    Archives, Containers, Dialogues, Images, Networks, Plugins, Streams, Usage, Volumes
):
    def version(self) -> EngineVersion:
        json = self._wire.get("/version")
        return EngineVersion(
            address=self._wire.address.url,
            version=json.get("Version", ""),
            api=show(self._wire.api),
            os=json.get("Os", ""),
            arch=json.get("Arch", ""),
        )

    def observe(
        self, interest: Interest, meanwhile: Callable[[], object] | None = None
    ) -> Observed:
        questions = [
            _containers(interest.project),
            Question("/networks"),
            Question("/volumes"),
        ]
        refs = sorted(filter(can_be_image, interest.images))
        questions += [of_image(ref) for ref in refs]
        answers = self._wire.ask(questions, meanwhile)
        for answer in answers[:3]:
            if isinstance(answer, EngineError):
                raise answer
        containers, networks, volumes, *images = answers
        found = {ref: json for ref, json in zip(refs, images, strict=True) if not gone(json)}
        listed = tuple(listed_container(json) for json in containers)
        return Observed(
            containers=self._detailed(listed, found.values(), limits=interest.limits)
            if interest.details
            else listed,
            networks={
                json["Name"]: listed_network(json)
                for json in _ours(networks, interest.project, interest.networks)
            },
            pools=tuple(pool for json in networks for pool in pools(json)),
            volumes={
                json["Name"]: listed_volume(json)
                for json in _ours(volumes.get("Volumes") or (), interest.project, interest.volumes)
            },
            images={ref: inspected_image(json) for ref, json in found.items()},
            lenient_networks=self._wire.server.startswith("Docker/"),  # others refuse
        )

    def _detailed(
        self,
        listed: tuple[ObservedContainer, ...],
        images: Iterable[Any],
        *,
        limits: bool,
    ) -> tuple[ObservedContainer, ...]:
        """Return the containers, those that composer made with what an inspection tells."""
        ours = [container for container in listed if Label.SETTLED in container.labels]
        known: dict[str, Any] = {json["Id"]: json for json in images}
        wanted = {container.image_id: known.get(container.image_id) for container in ours}
        ids = [container.id for container in ours]
        inspected = self._inspected(ids, wanted, described=limits)
        return tuple(inspected.get(container.id, container) for container in listed)

    def project_containers(self, project: str) -> tuple[ObservedContainer, ...]:
        question = _containers(project)
        found = self._wire.get(question.path, question.params)
        return tuple(listed_container(json) for json in found)

    def every_container(self) -> tuple[ObservedContainer, ...]:
        found = self._wire.get("/containers/json", {"all": True})
        return tuple(listed_container(json) for json in found)

    def running_containers(self) -> tuple[ObservedContainer, ...]:
        return tuple(listed_container(json) for json in self._wire.get("/containers/json"))

    def containers_of_projects(self, *, all: bool) -> tuple[ObservedContainer, ...]:
        params = {"all": all, "filters": {"label": [Label.PROJECT]}}
        found = self._wire.get("/containers/json", params)
        return tuple(listed_container(json) for json in found)

    def absences(self) -> int:
        return self._wire.absences

    def machine(self) -> Machine:
        from composer.engine.docker.machine import machine

        return machine(self._wire.address)

    def api_socket(self) -> ApiSocket:
        from composer.engine.docker.registry import credentials_file

        address = self._wire.address
        if address.scheme != "unix":
            raise EngineError(
                f"the engine at {address.url} has no socket that a container could be given",
                help="use_api_socket works with an engine on this machine",
            )
        config = credentials_file(address.config, address.credentials)
        return ApiSocket(path=address.rest, config=config)

    def close(self) -> None:
        self._wire.close()


def _containers(project: str) -> Question:
    own = {"label": [f"{Label.PROJECT}={project}"]}
    return Question("/containers/json", {"all": True, "filters": own})


def _ours(found: Iterable[Any], project: str, names: Iterable[str]) -> list[Any]:
    """Return what carries the project's label, or is called by one of `names`."""
    return [
        json
        for json in found
        if (json.get("Labels") or {}).get(Label.PROJECT) == project or json["Name"] in names
    ]
