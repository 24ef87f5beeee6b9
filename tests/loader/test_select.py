from __future__ import annotations

from pathlib import Path

import pytest

from composer.errors import InvalidProject
from composer.loader.select import only
from composer.model.project import Project
from support.loading import faults_of, project_of
from support.problems import assert_problems

PROFILES = """
services:
  web: {image: x}
  debug: {image: x, profiles: [debug, all]}
  admin: {image: x, profiles: [all]}
  test:
    image: x
    profiles: [test]
    depends_on: {debug: {condition: service_started, required: false}}
"""

DIAMOND = """
services:
  web: {image: x, depends_on: [left, right]}
  left: {image: x, depends_on: [base]}
  right: {image: x, links: [base]}
  base: {image: x}
  alone: {image: x}
"""


def active(directory: Path, **choices: object) -> list[str]:
    return list(project_of(directory, PROFILES, **choices).services)


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        ((), ["web"]),
        (("debug",), ["web", "debug"]),
        (("all",), ["web", "debug", "admin"]),
        (("debug", "test"), ["web", "debug", "test"]),
        (("*",), ["web", "debug", "admin", "test"]),
        (("unheard-of",), ["web"]),
    ],
)
def test_a_profile_switches_its_services_on(
    tmp_path: Path, profiles: tuple[str, ...], expected: list[str]
) -> None:
    assert active(tmp_path, profiles=profiles) == expected


@pytest.mark.parametrize(("profiles", "expected"), [((), ["web"]), (("debug",), [])])
def test_an_empty_profile_is_on_when_no_other_is_asked_for(
    tmp_path: Path, profiles: tuple[str, ...], expected: list[str]
) -> None:
    text = "services: {web: {image: x, profiles: ['${UNSET-}']}}"

    assert list(project_of(tmp_path, text, profiles=profiles).services) == expected


def test_profiles_come_from_the_environment_when_no_flag_names_one(tmp_path: Path) -> None:
    environment = {"COMPOSE_PROFILES": "debug, test"}

    assert active(tmp_path, environment=environment) == ["web", "debug", "test"]
    assert active(tmp_path, environment=environment, profiles=("test",)) == ["web", "test"]


def test_naming_a_service_switches_its_profiles_on(tmp_path: Path) -> None:
    assert active(tmp_path, services=("debug",)) == ["web", "debug", "admin"]
    assert active(tmp_path, services=("admin",)) == ["web", "debug", "admin"]
    assert active(tmp_path, services=("web",)) == ["web"]


def test_what_is_switched_off_stays_known(tmp_path: Path) -> None:
    assert list(project_of(tmp_path, PROFILES).disabled) == ["debug", "admin", "test"]


def test_a_dependency_that_is_not_required_goes_with_its_service(tmp_path: Path) -> None:
    off = project_of(tmp_path, PROFILES, profiles=("test",))
    on = project_of(tmp_path, PROFILES, profiles=("test", "debug"))

    assert off.services["test"].depends_on == {}
    assert list(on.services["test"].depends_on) == ["debug"]


def test_a_service_that_does_not_exist_cannot_be_named(tmp_path: Path) -> None:
    assert_problems(
        faults_of(tmp_path, PROFILES, services=("wbe", "web", "zzz")),
        """
        error: no such service: wbe
           = help: did you mean 'web'?

        error: no such service: zzz
        """,
    )


@pytest.mark.parametrize(
    ("names", "dependencies", "expected"),
    [
        (["web"], True, ["web", "left", "right", "base"]),
        (["right"], True, ["right", "base"]),
        (["web"], False, ["web"]),
        (["base", "alone"], True, ["base", "alone"]),
        ([], True, ["web", "left", "right", "base", "alone"]),
    ],
)
def test_a_service_brings_what_it_depends_on(
    tmp_path: Path, names: list[str], dependencies: bool, expected: list[str]
) -> None:
    project = only(project_of(tmp_path, DIAMOND), names, dependencies=dependencies)

    assert list(project.services) == expected
    assert {*project.services, *project.disabled} == {"web", "left", "right", "base", "alone"}


def test_only_what_exists_can_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(InvalidProject, match="no such service: bse"):
        only(project_of(tmp_path, DIAMOND), ["bse"])


RESOURCES = """
services:
  web:
    image: x
    build: {context: ., secrets: [for-build]}
    networks: [used]
    volumes: ["used:/a", "./host:/b"]
    configs: [used]
    secrets: [used]
    models: [used]
    credential_spec: {config: for-windows}
  off: {image: x, profiles: [p], networks: [unused], volumes: ["unused:/a"]}
networks: {used: {}, unused: {}, default: {}}
volumes: {used: {}, unused: {}}
configs: {used: {content: a}, unused: {content: a}, for-windows: {content: a}}
secrets: {used: {file: ./a}, for-build: {file: ./a}, unused: {file: ./a}}
models: {used: {model: a}, unused: {model: a}}
"""


def resources(project: Project) -> dict[str, list[str]]:
    sections = ("networks", "volumes", "configs", "secrets", "models")
    return {section: list(getattr(project, section)) for section in sections}


def test_resources_that_nobody_uses_are_dropped(tmp_path: Path) -> None:
    assert resources(project_of(tmp_path, RESOURCES)) == {
        "networks": ["used"],
        "volumes": ["used"],
        "configs": ["used"],
        "secrets": ["used", "for-build"],
        "models": ["used"],
    }


def test_all_resources_stay_when_asked_for(tmp_path: Path) -> None:
    project = project_of(tmp_path, RESOURCES, all_resources=True)

    assert list(project.networks) == ["used", "unused", "default"]
    assert list(project.volumes) == ["used", "unused"]
