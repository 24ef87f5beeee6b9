"""What of an engine concerns a project."""

from __future__ import annotations

from composer.model.deploy import Resources
from composer.model.observed import Interest
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.desire import image_ref
from composer.planner.image_mounts import further_images

_LIMITS = (
    *("cpu_count", "cpu_period", "cpu_quota", "cpu_shares", "cpus", "cpuset"),
    *("mem_limit", "mem_reservation", "memswap_limit", "pids_limit"),
)
"""What an engine may not keep, for its kernel's sake."""


def interest(project: Project) -> Interest:
    """Return what a snapshot must hold to plan for `project`."""
    return Interest(
        project=project.name,
        networks=frozenset(network.name for network in project.networks.values())
        | {one.network_mode for one in project.services.values() if one.network_mode},
        volumes=frozenset(volume.name for volume in project.volumes.values()),
        images=frozenset(
            image_ref(project, one)
            for s in project.services.values()
            for one in (s, *further_images(project, s))
        ),
        limits=any(map(_is_limited, project.services.values())),
    )


def _is_limited(service: Service) -> bool:
    own = (getattr(service, name) for name in _LIMITS)
    return any(own) or (service.deploy is not None and service.deploy.resources != Resources())
