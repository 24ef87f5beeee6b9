"""Plans as text, and small worlds to plan in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import cleandoc

from composer.graph import reduced
from composer.model.names import COMPOSE_VERSION, Label
from composer.model.observed import (
    ContainerState,
    MountPoint,
    Observed,
    ObservedContainer,
    ObservedImage,
    ObservedNetwork,
    ObservedVolume,
    PublishedPort,
)
from composer.model.plan import Plan
from composer.model.project import Network, Project, Volume
from composer.model.service import Mount, Service
from composer.model.settled import NOTHING, settled
from composer.planner.desire import (
    canonical_name,
    container_config,
    depends_on_label,
    image_ref,
    network_spec,
    volume_spec,
)
from composer.planner.digest import service_digests, settled_digest


def plan_text(plan: Plan) -> str:
    """Return a plan as numbered lines: operation, reason, changes, and what it comes after."""
    numbers = {step.id: number for number, step in enumerate(plan.steps, 1)}
    after = reduced(plan.steps)
    lines = []
    for step in plan.steps:
        before = ", ".join(str(n) for n in sorted(numbers[i] for i in after[step.id]))
        lines.append(
            f"{numbers[step.id]}. {step.id} ({step.reason})" + (f" after {before}" * bool(before))
        )
        lines += [f"     {c.field}: {c.old} → {c.new}" for c in step.changes]
    return "\n".join(lines)


def assert_plan(plan: Plan, expected: str) -> None:
    assert plan_text(plan) == cleandoc(expected)


def project(
    *services: Service,
    networks: Iterable[str] = ("default",),
    volumes: Iterable[str] = (),
    disabled: Iterable[Service] = (),
) -> Project:
    return Project(
        name="demo",
        directory="/demo",
        files=("/demo/compose.yaml",),
        services={service.name: service for service in services},
        disabled={service.name: service for service in disabled},
        networks={key: Network(name=f"demo_{key}") for key in networks},
        volumes={key: Volume(name=f"demo_{key}") for key in volumes},
    )


def service(name: str, **attributes: object) -> Service:
    defaults: dict[str, object] = {"image": f"{name}:1", "networks": {"default": None}}
    return Service(name=name, **{**defaults, **attributes})  # type: ignore[arg-type]


def volume(source: str | None, target: str) -> Mount:
    return Mount(type="volume", source=source, target=target)


def live(
    whole: Project,
    name: str,
    *,
    number: int = 1,
    status: str = "running",
    health: str | None = None,
    exit_code: int = 0,
    container: str | None = None,
    labels: Mapping[str, str] | None = None,
    mounts: Iterable[MountPoint] = (),
    as_it_was: Service | None = None,
) -> ObservedContainer:
    """Return the container that `whole` would have made for replica `number` of a service.

    `as_it_was` is an older form of the service, for a container that differs.
    """
    made_of = as_it_was or whole.services[name]
    named = tuple(
        MountPoint(type="volume", target=m.target, name=whole.volumes[m.source].name)
        for m in made_of.volumes
        if m.source in whole.volumes
    )
    own = {
        Label.CONFIG_HASH: service_digests(made_of)[0],
        Label.DEPENDS_ON: depends_on_label(made_of),
        Label.IMAGE: f"sha256:{image_ref(whole, made_of)}",
        Label.NUMBER: str(number),
        Label.ONEOFF: "False",
        Label.PROJECT: whole.name,
        Label.SERVICE: name,
        Label.SETTLED: settled_digest(made_of),
        Label.VERSION: COMPOSE_VERSION,
    }
    full_name = container or canonical_name(whole, made_of, number)
    return ObservedContainer(
        id=f"{abs(hash(full_name)):064x}"[-64:],
        name=full_name,
        image=image_ref(whole, made_of),
        image_id=f"sha256:{image_ref(whole, made_of)}",
        state=ContainerState(status=status, health=health, exit_code=exit_code),
        labels={**{str(k): v for k, v in own.items()}, **(labels or {})},
        networks={whole.networks[key].name: "id" for key in made_of.networks},
        mounts=(*named, *mounts),
        ports=tuple(
            PublishedPort(target=p.target, protocol=p.protocol or "tcp", published=int(p.published))
            for p in made_of.ports
            if p.published and p.published.isdecimal()
        ),
        defaults=NOTHING,
        joined=frozenset(whole.networks[key].name for key in made_of.networks),
        config=settled(container_config(whole, made_of), names=(full_name, name)),
    )


def world(whole: Project, *containers: ObservedContainer, resources: bool = True) -> Observed:
    """Return an engine that has the images and, unless told otherwise, the resources of `whole`."""
    images = {
        image_ref(whole, s): ObservedImage(id=f"sha256:{image_ref(whole, s)}")
        for s in whole.services.values()
    }
    if not resources:
        return Observed(containers=containers, images=images)
    networks = [network_spec(whole, key, n) for key, n in whole.networks.items()]
    volumes = [volume_spec(whole, key, v) for key, v in whole.volumes.items()]
    return Observed(
        containers=containers,
        images=images,
        networks={n.name: ObservedNetwork(id="id", name=n.name, labels=n.labels) for n in networks},
        volumes={v.name: ObservedVolume(name=v.name, labels=v.labels) for v in volumes},
    )
