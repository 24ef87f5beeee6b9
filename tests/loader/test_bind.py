from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from composer.errors import InvalidProject
from composer.loader.bind import Unfit, bind, bind_record
from composer.model.build import BuildUlimit
from composer.model.project import Project
from composer.model.service import Dependency, Healthcheck, Port, Service, Ulimit
from support.loading import project_of, service_of
from support.trees import tree


def bound(text: str) -> Project:
    return bind(tree(text), name="demo", directory="/demo")


def faults(text: str) -> list[str]:
    with pytest.raises(InvalidProject) as refused:
        bound(text)
    return [f"{problem.mark}: {problem.message}" for problem in refused.value.problems]


def test_a_service_is_named_by_its_key_and_the_rest_is_not_set() -> None:
    assert bound("services: {web: {image: x}}").services == {"web": Service(name="web", image="x")}


def test_null_means_not_set() -> None:
    text = "services: {web: {image: null, healthcheck: null, command: null, environment: null}}"

    assert bound(text).services == {"web": Service(name="web")}


def test_a_null_value_of_a_variable_stays_and_of_a_label_is_empty() -> None:
    web = bound("services: {web: {environment: {A: null}, labels: {a: null}}}").services["web"]

    assert (web.environment, web.labels) == ({"A": None}, {"a": ""})


def test_a_member_without_options_stays_without() -> None:
    web = bound("services: {web: {networks: {front: null}}}").services["web"]

    assert web.networks == {"front": None}


def test_empty_and_missing_commands_differ() -> None:
    services = bound("services: {a: {command: []}, b: {}}").services

    assert (services["a"].command, services["b"].command) == ((), None)


def test_units_become_numbers() -> None:
    web = bound(
        "services: {web: {healthcheck: {test: [NONE], interval: 1m30s}, mem_limit: 1.5g, "
        "shm_size: 64, stop_grace_period: 0s}}"
    ).services["web"]

    assert web.healthcheck == Healthcheck(test=("NONE",), interval=90_000_000_000)
    assert (web.mem_limit, web.shm_size, web.stop_grace_period) == (1610612736, 64, 0)


def test_numbers_become_text_as_go_prints_them() -> None:
    web = bound("services: {web: {user: 1000, hostname: 1.50, domainname: true}}").services["web"]

    assert (web.user, web.hostname, web.domainname) == ("1000", "1.5", "true")


def test_text_becomes_numbers_and_truth_where_they_are_meant() -> None:
    web = bound("services: {web: {cpus: '0.5', scale: '2', init: 'true'}}").services["web"]

    assert (web.cpus, web.scale, web.init) == (0.5, 2, True)


def test_records_nest_in_lists_and_maps() -> None:
    web = bound(
        "services: {web: {ports: [{target: 80, published: 8080}], "
        "depends_on: {db: {restart: true}}}}"
    ).services["web"]

    assert web.ports == (Port(target=80, published="8080"),)
    assert web.depends_on == {"db": Dependency(restart=True)}


def test_a_limit_is_one_number_or_two() -> None:
    web = bound(
        "services: {web: {ulimits: {a: 5, b: {soft: 1, hard: 2}}, "
        "build: {context: ., ulimits: {c: 3}}}}"
    ).services["web"]

    assert web.ulimits == {"a": Ulimit(single=5), "b": Ulimit(soft=1, hard=2)}
    assert web.build is not None
    assert web.build.ulimits == {"c": BuildUlimit(single=3)}


def test_extensions_are_kept_without_marks() -> None:
    project = bound("x-top: {a: [1, {b: 2}]}\nservices: {web: {x-own: null, logging: {x-l: 1}}}")
    web = project.services["web"]

    assert project.extensions == {"x-top": {"a": [1, {"b": 2}]}}
    assert type(project.extensions["x-top"]) is dict
    assert web.extensions == {"x-own": None}
    assert web.logging is not None
    assert web.logging.extensions == {"x-l": 1}


def test_every_value_that_does_not_fit_is_told_at_its_place() -> None:
    text = """\
services:
  web:
    stop_grace_period: "10"
    mem_limit: lots
    ports: [{target: 80}, {target: eighty}]
    ulimits: {a: {soft: many}}
  db:
    cpus: some
    tty: perhaps
    dns: 1.1.1.1
    labels: [a]
    deploy: "no"
"""

    assert faults(text) == [
        "compose.yaml:3:24: 'stop_grace_period' of service 'web': "
        "'10' is not a duration such as 1m30s",
        "compose.yaml:4:16: 'mem_limit' of service 'web': 'lots' is not a size such as 512m",
        "compose.yaml:5:36: 'ports[1].target' of service 'web': "
        "expected a whole number, not 'eighty'",
        "compose.yaml:6:25: 'ulimits.a.soft' of service 'web': expected a whole number, not 'many'",
        "compose.yaml:8:11: 'cpus' of service 'db': expected a number, not 'some'",
        "compose.yaml:9:10: 'tty' of service 'db': expected true or false, not 'perhaps'",
        "compose.yaml:10:10: 'dns' of service 'db': expected a list, not '1.1.1.1'",
        "compose.yaml:11:13: 'labels' of service 'db': expected a mapping, not a list",
        "compose.yaml:12:13: 'deploy' of service 'db': expected a mapping, not 'no'",
    ]


def test_what_no_field_is_for_is_never_dropped_in_silence() -> None:
    assert faults("services: {web: {imag: x}}") == [
        "compose.yaml:1:24: 'imag' of service 'web': not carried out by this version"
    ]


def test_what_a_record_cannot_do_without_is_told() -> None:
    assert faults("services: {web: {volumes: [{type: bind}]}}") == [
        "compose.yaml:1:28: 'volumes[0]' of service 'web': key 'target' is missing"
    ]


def test_entries_are_marked_at_their_key_and_scalars_at_their_value() -> None:
    marks = bound(
        "services:\n  web:\n    networks: {front: null}\n    image: x\n"
        "    ports:\n      - {target: 80}\n"
    ).marks

    assert {".".join(map(str, path)): str(mark) for path, mark in marks.items()} == {
        "services": "compose.yaml:1:1",
        "services.web": "compose.yaml:2:3",
        "services.web.networks": "compose.yaml:3:5",
        "services.web.networks.front": "compose.yaml:3:16",
        "services.web.image": "compose.yaml:4:12",
        "services.web.ports": "compose.yaml:5:5",
        "services.web.ports.0": "compose.yaml:6:9",
        "services.web.ports.0.target": "compose.yaml:6:18",
    }
    assert ("services", "db") not in marks
    assert ("services", "web", "ports", 7) not in marks
    assert ("services", "web", "image", "x") not in marks
    assert len(marks) == 8


def test_a_mark_that_is_missing_is_that_of_the_nearest_ancestor() -> None:
    project = bound("services:\n  web:\n    image: x\n")

    assert str(project.mark("services", "web", "ports", 0)) == "compose.yaml:2:3"


def test_two_texts_that_say_the_same_make_equal_services(tmp_path: Path) -> None:
    short = service_of(tmp_path, "ports: ['80:80'], command: a b")
    long = project_of(
        tmp_path,
        """
        services:
          web:
            image: x
            command: [a, b]
            ports: [{target: 80, published: "80"}]
        """,
    ).services["web"]

    assert short == long


def test_every_record_of_the_model_can_be_bound() -> None:
    seen: set[Any] = set()
    waiting: list[Any] = [Project]
    while waiting:
        hint = waiting.pop()
        waiting += get_args(hint)
        if is_dataclass(hint) and hint not in seen:
            seen.add(hint)
            waiting += [get_type_hints(hint)[field.name] for field in fields(hint)]

    assert len(seen) > 40
    for record in seen - {Project}:
        with pytest.raises(Unfit, match="not carried out by this version"):
            bind_record(record, {"unheard-of": 1})
