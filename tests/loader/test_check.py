from __future__ import annotations

from pathlib import Path

import pytest

from composer.loader.pipeline import load
from composer.model.deploy import Deploy
from composer.model.options import LoadOptions
from support.loading import faults_of, load_text, project_of, service_of, write
from support.problems import assert_problems


def fault_of(directory: Path, text: str) -> str:
    """Return the message and place of the only problem of `text`."""
    [fault] = faults_of(directory, text)
    return f"{fault.mark}: {fault.message}"


def fault_in(directory: Path, attributes: str) -> str:
    """Return the message of the only problem of a service of `attributes`."""
    [fault] = faults_of(directory, f"services: {{web: {{{attributes}}}}}")
    return fault.message


def test_an_undeclared_network_is_shown_where_it_is_used(tmp_path: Path) -> None:
    assert_problems(
        faults_of(
            tmp_path,
            """
            services:
              web: {image: x, networks: [frnt]}
            networks: {front: {}}
            """,
        ),
        """
        error: service 'web' uses network 'frnt', which is not declared
          --> compose.yaml:2:30
           |
         2 |   web: {image: x, networks: [frnt]}
           |                              ^^^^
           = help: did you mean 'front'?
        """,
    )


@pytest.mark.parametrize(
    ("attributes", "column", "message"),
    [
        ("networks: {gone: {aliases: [a]}}", 39, "service 'web' uses network 'gone'"),
        ("volumes: ['gone:/data']", 39, "service 'web' uses volume 'gone'"),
        ("volumes: [{type: volume, source: gone, target: /a}]", 61, "uses volume 'gone'"),
        ("configs: [gone]", 38, "service 'web' uses config 'gone'"),
        ("secrets: [{source: gone}]", 47, "service 'web' uses secret 'gone'"),
        ("build: {context: ., secrets: [gone]}", 58, "service 'web' uses secret 'gone'"),
        ("models: [gone]", 37, "service 'web' uses model 'gone'"),
    ],
)
def test_every_reference_to_nothing_is_marked_at_its_word(
    tmp_path: Path, attributes: str, column: int, message: str
) -> None:
    [fault] = faults_of(tmp_path, f"services: {{web: {{image: x, {attributes}}}}}")

    assert message in fault.message
    assert fault.mark is not None
    assert fault.mark.column == column


def test_all_problems_of_all_services_are_told(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path, "services: {a: {networks: [x, y]}, b: {image: x, depends_on: [c]}}"
    )

    assert [fault.message for fault in faults] == [
        "service 'a' has neither an image nor a build",
        "service 'a' uses network 'x', which is not declared",
        "service 'a' uses network 'y', which is not declared",
        "service 'b' depends on 'c', which does not exist",
    ]


def test_a_dependency_that_does_not_exist_has_a_suggestion(tmp_path: Path) -> None:
    assert_problems(
        faults_of(
            tmp_path, "services: {web: {image: x, depends_on: [databse]}, database: {image: x}}"
        ),
        """
        error: service 'web' depends on 'databse', which does not exist
          --> compose.yaml:1:41
           |
         1 | services: {web: {image: x, depends_on: [databse]}, database: {image: x}}
           |                                         ^^^^^^^
           = help: did you mean 'database'?
        """,
    )


@pytest.mark.parametrize(
    "attributes",
    ["links: ['gone:x']", "network_mode: 'service:gone'", "volumes_from: ['gone:ro']"],
)
def test_links_and_shared_namespaces_depend_too(tmp_path: Path, attributes: str) -> None:
    text = f"services: {{web: {{image: x, {attributes}}}}}"

    assert "depends on 'gone'" in fault_of(tmp_path, text)


def test_a_dependency_on_what_is_switched_off_says_how_to_switch_it_on(tmp_path: Path) -> None:
    assert_problems(
        faults_of(
            tmp_path,
            """
            services:
              web: {image: x, depends_on: {db: {condition: service_started}}}
              db: {image: x, profiles: [data, all]}
            """,
        ),
        """
        error: service 'web' depends on 'db', which is switched off
          --> compose.yaml:2:32
           |
         2 |   web: {image: x, depends_on: {db: {condition: service_started}}}
           |                                ^^
           = help: switch it on with --profile data or --profile all, or say required: false
        note: its profiles
          --> compose.yaml:3:18
           |
         3 |   db: {image: x, profiles: [data, all]}
           |                  ^^^^^^^^
        """,
    )


def test_a_cycle_names_its_services_and_every_edge(tmp_path: Path) -> None:
    assert_problems(
        faults_of(
            tmp_path,
            """
            services:
              web: {image: x, depends_on: [app]}
              app: {image: x, links: [db]}
              db: {image: x, network_mode: "service:web"}
            """,
        ),
        """
        error: dependency cycle: app -> db -> web -> app
          --> compose.yaml:3:27
           |
         3 |   app: {image: x, links: [db]}
           |                           ^^
           = help: none of them can start first: remove one of these dependencies
        note: 'db' depends on 'web'
          --> compose.yaml:4:41
           |
         4 |   db: {image: x, network_mode: "service:web"}
           |                                         ^^^
        note: 'web' depends on 'app'
          --> compose.yaml:2:32
           |
         2 |   web: {image: x, depends_on: [app]}
           |                                ^^^
        """,
    )


def test_a_link_to_what_is_switched_off_cannot_do_without_it(tmp_path: Path) -> None:
    [fault] = faults_of(
        tmp_path,
        "services: {web: {image: x, links: ['db:d']}, db: {image: x, profiles: [p]}}",
    )

    assert fault.help == "switch it on with --profile p"


def test_the_other_services_are_named_where_none_is_near(tmp_path: Path) -> None:
    [fault] = faults_of(
        tmp_path, "services: {web: {image: x, depends_on: [postgres]}, db: {image: x}}"
    )

    assert fault.help == "other services: db"


def test_a_bind_mount_needs_a_source(tmp_path: Path) -> None:
    [fault] = faults_of(
        tmp_path, "services: {web: {image: x, volumes: [{type: bind, target: /t}]}}"
    )

    assert fault.message == "a bind mount of service 'web' has no source"


def test_every_separate_cycle_is_told(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        """
        services:
          a: {image: x, depends_on: [a]}
          b: {image: x, depends_on: [c]}
          c: {image: x, depends_on: [b, a]}
        """,
    )

    assert [fault.message for fault in faults] == [
        "dependency cycle: a -> a",
        "dependency cycle: b -> c -> b",
    ]


def test_a_lattice_of_dependencies_is_checked_at_once(tmp_path: Path) -> None:
    levels = ["  a0: {image: x}", "  b0: {image: x}"]
    for n in range(1, 40):
        levels += [f"  {name}{n}: {{image: x, depends_on: [a{n - 1}, b{n - 1}]}}" for name in "ab"]
    project = project_of(tmp_path, "services:\n" + "\n".join(levels))

    assert len(project.services) == 80


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("tty: true", "service 'web' has neither an image nor a build"),
        (
            "build: {dockerfile: a, dockerfile_inline: b}",
            "the build of service 'web' has both dockerfile and dockerfile_inline",
        ),
        (
            "build: {platforms: [a/b]}, platform: c/d",
            "service 'web' runs on 'c/d', for which it is not built",
        ),
        (
            "build: {additional_contexts: {a: 'service:gone'}}",
            "build context 'a' of service 'web' is service 'gone', which does not exist",
        ),
        (
            "image: x, network_mode: host, networks: [default]",
            "service 'web' has both network_mode and networks",
        ),
        (
            "image: x, healthcheck: {test: [curl, x]}",
            "the healthcheck test of service 'web' must start with CMD, CMD-SHELL or NONE, "
            "not with 'curl'",
        ),
        (
            "image: x, scale: 2, deploy: {replicas: 3}",
            "service 'web' has scale 2, but deploy.replicas 3",
        ),
        (
            "image: x, container_name: one, scale: 2",
            "service 'web' has 2 containers, which cannot all be called 'one'",
        ),
        (
            "image: x, cpus: 1, deploy: {resources: {limits: {cpus: 2}}}",
            "cpus and deploy.resources.limits.cpus of service 'web' differ",
        ),
        (
            "image: x, mem_limit: 1g, deploy: {resources: {limits: {memory: 2g}}}",
            "mem_limit and deploy.resources.limits.memory of service 'web' differ",
        ),
        (
            "image: x, mem_reservation: 1g, deploy: {resources: {reservations: {memory: 2g}}}",
            "mem_reservation and deploy.resources.reservations.memory of service 'web' differ",
        ),
        (
            "image: x, pids_limit: 1, deploy: {resources: {limits: {pids: 2}}}",
            "pids_limit and deploy.resources.limits.pids of service 'web' differ",
        ),
        (
            "image: x, gpus: [{count: 1, device_ids: ['0']}]",
            "a device request of service 'web' has both count and device_ids",
        ),
        (
            "image: x, volumes: [/run], tmpfs: ['/run:size=1m']",
            "service 'web' mounts two things at '/run'",
        ),
        (
            "image: x, develop: {watch: [{path: ., action: sync, target: ''}]}",
            "the watch action 'sync' of service 'web' needs a target",
        ),
    ],
)
def test_attributes_that_do_not_go_together_are_refused(
    tmp_path: Path, attributes: str, message: str
) -> None:
    assert fault_in(tmp_path, attributes) == message


def test_a_context_must_be_a_service_that_is_built(tmp_path: Path) -> None:
    text = """
        services:
          web: {build: {context: ., additional_contexts: {a: "service:db"}}}
          db: {image: x}
        """

    assert "service 'db', which is not built" in fault_of(tmp_path, text)


@pytest.mark.parametrize(
    "attributes",
    [
        "scale: 2, deploy: {replicas: 2}",
        "cpus: 2, deploy: {resources: {limits: {cpus: '2', memory: 1g}}}",
        "ports: [{target: 80, host_ip: '::1'}, '[::1]:81:81']",
        "healthcheck: {test: [NONE]}",
        "healthcheck: {test: curl x}",
        "restart: on-failure:5",
        "deploy: {resources: {reservations: {devices: [{capabilities: [gpu], count: all}]}}}",
        "develop: {watch: [{path: ., action: rebuild}]}",
        "volumes: [/a, /b], tmpfs: [/c]",
    ],
)
def test_attributes_that_go_together_pass_without_a_word(tmp_path: Path, attributes: str) -> None:
    assert load_text(tmp_path, f"services: {{web: {{image: x, {attributes}}}}}").warnings == ()


@pytest.mark.parametrize("scale", [0, 2])
def test_a_scale_is_written_into_deploy_too(tmp_path: Path, scale: int) -> None:
    web = service_of(tmp_path, f"scale: {scale}, deploy: {{}}")

    assert web.deploy == Deploy(replicas=scale)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("configs: {c: {}}", "config 'c' has no source: write file, environment or content"),
        ("secrets: {s: {}}", "secret 's' has no source: write file or environment"),
        (
            "configs: {c: {file: ./a, content: b}}",
            "config 'c' has several sources: file, content",
        ),
        (
            "secrets: {s: {environment: A, file: ./a}}",
            "secret 's' has several sources: file, environment",
        ),
        (
            "volumes: {v: {external: true, driver: local}}",
            "volume 'v' is external, so 'driver' cannot be set here",
        ),
    ],
)
def test_a_resource_has_one_source(tmp_path: Path, section: str, message: str) -> None:
    assert message in fault_of(tmp_path, f"services: {{web: {{image: x}}}}\n{section}")


def test_two_services_cannot_have_one_container_name(tmp_path: Path) -> None:
    assert_problems(
        faults_of(
            tmp_path,
            """
            services:
              a: {image: x, container_name: one}
              b: {image: x, container_name: one}
            """,
        ),
        """
        error: services 'a' and 'b' have the same container_name, 'one'
          --> compose.yaml:3:33
           |
         3 |   b: {image: x, container_name: one}
           |                                 ^^^
        note: first used here
          --> compose.yaml:2:33
           |
         2 |   a: {image: x, container_name: one}
           |                                 ^^^
        """,
    )


def test_a_service_that_is_switched_off_may_be_wrong(tmp_path: Path) -> None:
    project = project_of(tmp_path, "services: {web: {profiles: [p], networks: [gone]}}")

    assert list(project.disabled) == ["web"]


def test_a_restart_policy_that_no_engine_knows_is_a_warning(tmp_path: Path) -> None:
    [warning] = load_text(tmp_path, "services: {web: {image: x, restart: bogus}}").warnings

    assert warning.message == "the engine will refuse the restart policy 'bogus'"


def test_a_port_that_an_override_adds_to_one_of_the_same_target_is_a_warning(
    tmp_path: Path,
) -> None:
    write(tmp_path, "compose.yaml", "services: {web: {image: x, ports: ['80:80', '81:80']}}")
    write(tmp_path, "compose.override.yaml", "services: {web: {ports: ['82:80', '443:443']}}")
    loaded = load(LoadOptions(working_directory=str(tmp_path), project_name="demo"))

    assert_problems(
        loaded.warnings,
        """
        warning[published-twice]: port 80 is published at 80 and at 82
          --> compose.override.yaml:1:26
           |
         1 | services: {web: {ports: ['82:80', '443:443']}}
           |                          ^^^^^^^
           = help: an override adds ports; `ports: !override` replaces them
        note: published first
          --> compose.yaml:1:36
           |
         1 | services: {web: {image: x, ports: ['80:80', '81:80']}}
           |                                    ^^^^^^^
        """,
    )


def test_the_marks_of_short_forms_are_those_of_their_text(tmp_path: Path) -> None:
    service_of(tmp_path, "ports: ['80:80']")
    project = project_of(tmp_path, "services: {web: {image: x, ports: ['80:80']}}")

    assert str(project.mark("services", "web", "ports", 0, "published")) == "compose.yaml:1:36"
