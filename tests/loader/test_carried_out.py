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
            credential_spec: {file: a}
        """,
    )

    assert_problems(
        problems(project),
        """
        error: 'credential_spec' is not carried out by this version
          --> compose.yaml:4:5
           |
         4 |     credential_spec: {file: a}
           |     ^^^^^^^^^^^^^^^
        """,
    )


def test_what_is_refused_is_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """
services:
  web:
    image: x
    use_api_socket: true
    volumes: [{type: npipe, source: a, target: /b}]
    credential_spec: {file: a}
"""

    assert messages(tmp_path, text) == [
        "'use_api_socket' is not carried out by this version",
        "a mount of type 'npipe' is not for this kind of engine",
        "'credential_spec' is not carried out by this version",
    ]


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("provider: {type: a}", "'provider' is not carried out by this version"),
        ("image: x, use_api_socket: true", "'use_api_socket' is not carried out by this version"),
        (
            "image: x, credential_spec: {file: a}",
            "'credential_spec' is not carried out by this version",
        ),
        (
            "image: x, volumes: [{type: npipe, source: a, target: /b}]",
            "a mount of type 'npipe' is not for this kind of engine",
        ),
    ],
)
def test_what_no_container_would_show_is_refused(
    tmp_path: Path, attributes: str, message: str
) -> None:
    assert messages(tmp_path, f"services: {{web: {{{attributes}}}}}") == [message]


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


def test_content_cannot_be_written_into_what_is_read_only(tmp_path: Path) -> None:
    text = """
        services: {web: {image: x, read_only: true, configs: [c, d]}}
        configs: {c: {content: a}, d: {file: ./d}}
        """

    assert messages(tmp_path, text) == [
        "config 'c' cannot be written into a container that is read_only"
    ]


def test_models_and_jobs_are_refused_where_they_stand(tmp_path: Path) -> None:
    text = """
        services: {web: {image: x, models: [llm]}}
        models: {llm: {model: a}}
        jobs: {backup: {image: x, triggers: {manual: true}}}
        """

    assert messages(tmp_path, text) == [
        "'models' is not carried out by this version",
        "'models' is not carried out by this version",
        "'jobs' is not carried out by this version",
    ]


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
        "pre_start: [{command: a}], post_start: [{command: a}], pre_stop: [{command: a}]",
        "deploy: {placement: {constraints: [a]}, update_config: {order: start-first}}",
    ],
)
def test_what_docker_compose_carries_out_or_ignores_passes(tmp_path: Path, attributes: str) -> None:
    text = f"services: {{web: {{image: x, {attributes}}}, db: {{image: x}}}}"

    assert messages(tmp_path, text) == []
