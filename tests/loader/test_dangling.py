"""References that lead nowhere, beside what the schema refuses in the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.errors import InvalidProject, Problem
from composer.loader.pipeline import load
from support.loading import faults_of, options, write


def said(problems: tuple[Problem, ...]) -> list[str]:
    return [one.message for one in problems]


def test_what_leads_nowhere_is_told_beside_what_the_schema_refuses(tmp_path: Path) -> None:
    text = """
        services:
          web:
            image: nginx
            prots: ["80:80"]
            depends_on: [db, api]
            network_mode: service:gone
          api:
            image: nginx
            volumes:
              - data:/data
              - kept:/kept
            networks: [back, default]
            configs: [{source: site}]
            secrets: [token]
            models: [llm]
            stop_grace_period: soon
          old: {image: nginx, profiles: [old], depends_on: [nobody]}
        volumes: {kept: }
        networks:
          front: {drivr: bridge}
    """

    assert said(faults_of(tmp_path, text)) == [
        "unknown key 'prots' in service 'web'",
        "service 'web' depends on 'db', which does not exist",
        "service 'web' depends on 'gone', which does not exist",
        "service 'api' uses volume 'data', which is not declared",
        "service 'api' uses network 'back', which is not declared",
        "service 'api' uses config 'site', which is not declared",
        "service 'api' uses secret 'token', which is not declared",
        "service 'api' uses model 'llm', which is not declared",
        "'stop_grace_period' of service 'api' must be a duration such as 1m30s, not 'soon'",
        "unknown key 'drivr' in network 'front'",
    ]


def test_so_is_it_beside_values_that_no_schema_can_tell_of(tmp_path: Path) -> None:
    text = """
        services:
          web:
            image: nginx
            ports: ["99999:80"]
            depends_on:
              db: {condition: service_started}
              api: {condition: whenever}
            networks: [back]
          api:
            image: nginx
            mem_limit: 5x
            volumes:
              - data:/data
              - 5
    """
    port = "service 'web': published port '99999' is not between 0 and 65535"
    memory = "'mem_limit' of service 'api' must be a size in bytes such as 512m or 1.5gb, not '5x'"
    nowhere = [
        "service 'web' depends on 'db', which does not exist",
        "service 'web' uses network 'back', which is not declared",
    ]
    data = "service 'api' uses volume 'data', which is not declared"

    problems = said(faults_of(tmp_path, text))
    assert problems[0] == port
    assert problems[1] == nowhere[0]
    assert "'depends_on.api.condition'" in problems[2]
    assert problems[3] == nowhere[1]
    assert problems[4] == memory
    assert problems[5] == data

    without = text.replace("whenever", "service_started").replace("- 5", "- .:/five")
    assert said(faults_of(tmp_path, without)) == [port, *nowhere, memory, data]
    without = without.replace('ports: ["99999:80"]', "tty: true")
    assert said(faults_of(tmp_path, without)) == [*nowhere, memory, data]


@pytest.mark.parametrize(
    "text",
    [
        """
        services:
          web: {image: nginx, depends_on: [db]}
        db: {image: postgres}
        """,
        """
        services:
          web:
            image: nginx
            depends_on: [db]
            db: {image: postgres}
        """,
        """
        services:
          web:
            image: nginx
            networks: [front]
            networks_: {}
        network:
          front:
        """,
        """
        services:
          web:
            image: nginx
            volumes: ["data:/data"]
          volumes:
            data:
        """,
        """
        services:
          web:
            image: nginx
            networks: [front]
        networks: [front]
        """,
        """
        services:
          web:
            image: nginx
            networks: [front]
            networks: [front]
        """,
        """
        services:
          web:
            image: nginx
            depends_on:
              db: {condition: heathy}
          db: postgres
        """,
        """
        services:
          web: {image: nginx, depends_on: [job], prots: []}
          job: {image: nginx, profiles: 5}
        """,
    ],
)
def test_what_follows_from_an_error_is_not_told(tmp_path: Path, text: str) -> None:
    problems = said(faults_of(tmp_path, text))

    assert problems
    assert not [one for one in problems if "not declared" in one or "does not exist" in one]


def test_what_a_later_file_may_declare_is_waited_for(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "services: {web: {image: x, networks: [n], \n prots: []}}")
    write(tmp_path, "b.yaml", "networks: {n: }")

    with pytest.raises(InvalidProject) as refused:
        load(options(tmp_path, files=("a.yaml", "b.yaml")))
    assert said(refused.value.problems) == ["unknown key 'prots' in service 'web'"]

    with pytest.raises(InvalidProject) as refused:
        load(options(tmp_path, files=("b.yaml", "a.yaml")))
    assert said(refused.value.problems) == ["unknown key 'prots' in service 'web'"]


def test_what_an_included_file_may_get_from_who_includes_it_is_not_told(tmp_path: Path) -> None:
    write(tmp_path, "in.yaml", "services: {web: {image: x, networks: [n],\n prots: []}}")

    problems = faults_of(tmp_path, "include: [in.yaml]\nnetworks: {n: }")

    assert said(problems) == ["unknown key 'prots' in service 'web'"]
