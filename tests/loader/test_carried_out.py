from __future__ import annotations

from pathlib import Path

import pytest

from composer.loader.carried_out import problems
from support.loading import project_of
from support.problems import assert_problems


def messages(directory: Path, text: str) -> list[str]:
    return [problem.message for problem in problems(project_of(directory, text))]


def test_an_attribute_that_would_have_no_effect_is_told_where_it_stands(tmp_path: Path) -> None:
    project = project_of(
        tmp_path,
        """
        services:
          web:
            image: x
        jobs:
          backup:
            image: x
            triggers: {schedule: [{cron: "0 3 * * *"}]}
        """,
    )

    assert_problems(
        problems(project),
        """
        error: job 'backup' has a schedule, which this version does not carry out
          --> compose.yaml:7:16
           |
         7 |     triggers: {schedule: [{cron: "0 3 * * *"}]}
           |                ^^^^^^^^
           = help: have cron or a timer run it, and leave 'manual: true' here
        """,
    )


def test_what_is_refused_is_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """
secrets:
  s: {driver: a}
services:
  web:
    image: x
    secrets: [s]
    configs: [c]
configs:
  c: {external: true}
"""

    assert messages(tmp_path, text) == [
        "secret 's' has a driver: only a swarm has drivers for it",
        "config 'c' is external: only a swarm keeps such things",
    ]


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("{external: true}", "secret 's' is external: only a swarm keeps such things"),
        ("{driver: a}", "secret 's' has a driver: only a swarm has drivers for it"),
        (
            "{file: ./s, template_driver: a}",
            "secret 's' has a template_driver: only a swarm has templates",
        ),
        ("{environment: GONE}", "variable 'GONE', the content of secret 's', is not set"),
    ],
)
def test_a_secret_must_have_content_that_is_at_hand(
    tmp_path: Path, secret: str, message: str
) -> None:
    text = f"services: {{web: {{image: x, secrets: [s]}}}}\nsecrets: {{s: {secret}}}"

    assert messages(tmp_path, text) == [message]


def test_a_secret_of_a_build_must_be_at_hand_too_but_a_variable_may_be_unset(
    tmp_path: Path,
) -> None:
    text = """
        services:
          web: {build: {context: ., secrets: [s, token]}}
          api: {build: {context: ., secrets: [s]}}
        secrets: {s: {external: true}, token: {environment: GONE}}
        """

    assert messages(tmp_path, text) == ["secret 's' is external: only a swarm keeps such things"]


def test_the_owner_of_a_file_is_a_number(tmp_path: Path) -> None:
    project = project_of(
        tmp_path,
        """
        services:
          web:
            image: x
            read_only: true
            configs: [{source: c, uid: nginx, gid: "101"}]
        configs: {c: {content: a}}
        """,
    )

    assert_problems(
        problems(project),
        """
        error: uid of config 'c' is 'nginx', and a file belongs to a number
          --> compose.yaml:5:32
           |
         5 |     configs: [{source: c, uid: nginx, gid: "101"}]
           |                                ^^^^^
           = help: write the number: the engine knows no names of a container's users
        """,
    )


def test_a_job_that_is_run_by_hand_keeps_nobody_from_up(tmp_path: Path) -> None:
    text = """
        services: {web: {image: x}}
        jobs: {backup: {image: x, triggers: {manual: true}}}
        """

    assert messages(tmp_path, text) == []


def test_what_is_switched_off_or_unused_asks_for_nothing(tmp_path: Path) -> None:
    text = """
        services:
          web: {image: x}
          off: {image: x, profiles: [p], provider: {type: a}, secrets: [s], models: [llm]}
        secrets: {s: {external: true}}
        models: {llm: {model: a}}
        """

    assert messages(tmp_path, text) == []


@pytest.mark.parametrize(
    "attributes",
    [
        "gpus: all",
        "links: [db]",
        "external_links: [other]",
        "volumes_from: [db]",
        "network_mode: 'service:db'",
        "pid: 'container:other'",
        "develop: {watch: [{path: ., action: rebuild}]}",
        "attach: false",
        "use_api_socket: true",
        "credential_spec: {file: a}",
        "provider: {type: a}",
        "volumes: [{type: npipe, source: a, target: /b}]",
        "volumes: [{type: cluster, source: a, target: /b}]",
        "pre_start: [{command: a}], post_start: [{command: a}], pre_stop: [{command: a}]",
        "deploy: {placement: {constraints: [a]}, update_config: {order: start-first}}",
    ],
)
def test_what_docker_compose_carries_out_or_ignores_passes(tmp_path: Path, attributes: str) -> None:
    text = f"services: {{web: {{image: x, {attributes}}}, db: {{image: x}}}}"

    assert messages(tmp_path, text) == []
