"""What of an engine concerns a project."""

from __future__ import annotations

from composer.model.observed import Interest
from composer.model.project import Project
from composer.planner.desire import image_ref
from composer.planner.image_mounts import further_images


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
    )
