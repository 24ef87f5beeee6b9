"""What the schema has against a document, in words for people."""

from __future__ import annotations

import subprocess
import sys

import pytest

from composer.errors import Problem
from composer.loader.document import parse
from composer.loader.nodes import MarkedMap
from composer.loader.validate import validate
from support.problems import assert_problems, source


def check(text: str) -> list[Problem]:
    [document] = parse(source(text))
    return validate(document.root)


def check_service(text: str) -> list[Problem]:
    return check(f"services:\n  web:\n    {text}\n")


def test_a_valid_file_has_no_problems():
    assert check("services: {web: {image: nginx, ports: ['80:80'], x-note: [1]}}") == []


def test_an_unknown_key_is_marked_itself_and_a_known_one_suggested():
    assert_problems(
        check(
            """
            services:
              web:
                image: nginx
                enviroment:
                  A: b
            """
        ),
        """
        error: unknown key 'enviroment' in service 'web'
          --> compose.yaml:4:5
           |
         4 |     enviroment:
           |     ^^^^^^^^^^
           = help: did you mean 'environment'?
        """,
    )


def test_every_problem_is_reported_in_the_order_of_the_file():
    problems = check("services:\n  web:\n    ports: 80\n    imge: a\n    tty: maybe\nservice: {}\n")
    assert [(str(problem.mark), problem.message) for problem in problems] == [
        ("compose.yaml:3:12", "'ports' of service 'web' must be a list of ports, not a number"),
        ("compose.yaml:4:5", "unknown key 'imge' in service 'web'"),
        ("compose.yaml:5:10", "'tty' of service 'web' must be true or false, not a text"),
        ("compose.yaml:6:1", "unknown key 'service' at the top level"),
    ]


def test_one_text_used_by_two_services_is_one_problem():
    problems = check(
        """
        x-base: &base
          prots: []
        services:
          a: {<<: *base}
          b: {<<: *base}
        """
    )
    assert [str(problem.mark) for problem in problems] == ["compose.yaml:2:3"]


MESSAGES = [
    ("image: [a]", "'image' of service 'web' must be a text, not a list", "without the list: a"),
    ("image:", "'image' of service 'web' must be a text, but it is empty", None),
    ("image: 0x10", "'image' of service 'web' must be a text, not a number", "quotes: '0x10'"),
    ("restart: false", "'restart' of service 'web' must be a text, not false", "quotes: 'no'"),
    ("scale: 1.50", "'scale' of service 'web' must be a whole number, not 1.50", None),
    ("build: {tags: a}", "'build.tags' of service 'web' must be a list of texts", "a list: [a]"),
    ("command: [a, 5]", "'command[1]' of service 'web' must be a text, not a number", "'5'"),
    (
        "depends_on: {db: {}}",
        "key 'condition' is missing in 'depends_on.db' of",
        "add condition: service_started, service_healthy or service_completed_successfully",
    ),
    ("depends_on: {db: {conditon: x}}", "unknown key 'conditon' in", "did you mean 'condition'?"),
    (
        "depends_on: [{db: {a: b}}]",
        "'depends_on[0]' of service 'web' must be a text",
        "before 'db'",
    ),
    ("healthcheck: curl", "'healthcheck' of service 'web' must be", "test: curl below it"),
    ("logging: {max-size: 1}", "unknown key 'max-size' in 'logging'", "below 'options'"),
    ("healthcheck: {command: a}", "unknown key 'command' in 'healthcheck'", "mean 'test'?"),
    ("ports: [{host: 80, target: 1}]", "unknown key 'host' in 'ports[0]'", "'published'?"),
    ("secrets: {a: {target: b}}", "'secrets' of service 'web' must be", "- source: a"),
    (
        "develop: {watch: {path: a}}",
        "'develop.watch' of service 'web' must be",
        "brackets: [{path: a}]",
    ),
    ('ports: {"1": "2"}', "'ports' of service 'web' must be a list", '- "1:2"'),
    ("ulimits: [a=1]", "'ulimits' of service 'web' must be a mapping", "a: 1"),
    (
        "environment:\n      A=b\n      C=d",
        "'environment' of service 'web' must be",
        "every line with",
    ),
    ("privileged: 1", "'privileged' of service 'web' must be true or false", "write true"),
    ("pull_policy: every_12", "'pull_policy' of service 'web' must be", "every_12h"),
    ("container_name: a b", "'container_name' of service 'web' must be", "write 'a-b'"),
    ("mem_limit: 1,5g", "'mem_limit' of service 'web' must be a size", "write 1.5g"),
    ("stop_grace_period: 10 sec", "'stop_grace_period' of service 'web' must", "write 10s"),
    (
        "depends_on: {db: {condition: healthy}}",
        "'depends_on.db.condition' of service 'web' must be one of 'service_started', "
        "'service_healthy', 'service_completed_successfully', not 'healthy'",
        "did you mean 'service_healthy'?",
    ),
    (
        "env_file: [{path: a, format: 5}]",
        "'env_file[0].format' of service 'web' must be 'raw', not a number",
        None,
    ),
    ("environment: [A: b]", "'environment[0]' of service 'web' must be a text", "write A=b with"),
    (
        "healthcheck: {interval: 5}",
        "'healthcheck.interval' of service 'web' must be a duration such as 1m30s, not a number",
        "add a unit: 5s",
    ),
    (
        "stop_grace_period: '5'",
        "'stop_grace_period' of service 'web' must be a duration such as 1m30s, not '5'",
        "add a unit: 5s",
    ),
    ("pull_policy: allways", "'pull_policy' of service 'web' must be always", "mean 'always'?"),
    ("deploy: {replicas: -1}", "'deploy.replicas' of service 'web' must be at least 0", None),
    ("cpu_percent: 101", "'cpu_percent' of service 'web' must be at most 100, not 101", None),
    ("healthcheck: 5", "'healthcheck' of service 'web' must be a mapping, not a number", None),
    ("volumes: [./a: /b]", "unknown key './a' in 'volumes[0]'", "the space: ./a:/b"),
    ("extends: {service: a, fil: b}", "unknown key 'fil' in 'extends'", "did you mean 'file'?"),
    ("extends: {service: a, xy: b}", "unknown key 'xy' in 'extends'", "keys: file, service"),
    ("build: {user: root}", "unknown key 'user' in 'build'", "belongs to the service itself"),
    ("name: x", "unknown key 'name' in service 'web'", "belongs to the top level"),
]


@pytest.mark.parametrize(("text", "message", "help"), MESSAGES)
def test_a_wrong_attribute_is_worded(text: str, message: str, help: str | None):
    [problem] = check_service(text)
    assert problem.message.startswith(message)
    assert help in problem.help if help and problem.help else problem.help == help
    assert problem.mark is not None


TOP = [
    ("image: nginx", "unknown key 'image' at the top level", "'image' belongs to a service"),
    ("web: {image: nginx}", "unknown key 'web' at the top level", "below the key 'services'"),
    ("services: {a b: {image: c}}", "service name 'a b' must be made of letters, digits", ""),
    ("services: [web]", "'services' must be a mapping of names, not a list", ""),
    ("services: {web: }", "service 'web' must be a mapping, but it is empty", ""),
    ("volumes: {data: ./data}", "volume 'data' must be a mapping or null, not a text", ""),
    ("version: 3.8", "'version' must be a text, not a number", "put it in quotes: '3.8'"),
    ("include: [{paths: a}]", "unknown key 'paths' in 'include[0]'", "did you mean 'path'?"),
]


@pytest.mark.parametrize(("text", "message", "help"), TOP)
def test_a_wrong_top_level_is_worded(text: str, message: str, help: str):
    [problem] = check(text)
    assert problem.message.startswith(message)
    assert help in (problem.help or "")


def test_a_wrong_name_is_marked_where_it_stands():
    [problem] = check("services:\n  ok: {image: a}\n  a b: {image: c}\n")
    assert problem.mark is not None
    assert (problem.mark.line, problem.mark.column, problem.mark.width) == (3, 3, 3)


def test_a_missing_key_is_marked_at_the_key_above():
    [problem] = check_service("ulimits: {nofile: {soft: 1}}")
    assert problem.message == "key 'hard' is missing in 'ulimits.nofile' of service 'web'"
    assert problem.mark is not None
    assert (problem.mark.column, problem.mark.width) == (15, 6)


def test_values_that_nobody_wrote_are_problems_without_a_mark():
    root = MarkedMap()
    root.put("services", 5)
    [problem] = validate(root)
    assert (problem.message, problem.mark) == (
        "'services' must be a mapping of names, not a number",
        None,
    )


def test_a_valid_file_does_not_import_the_validator():
    code = (
        "import sys\n"
        "from composer.loader.document import parse\n"
        "from composer.loader.validate import validate\n"
        "from composer.source import SourceFile\n"
        "assert validate(parse(SourceFile('c', 'services: {a: {image: b}}'))[0].root) == []\n"
        "sys.exit('jsonschema' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
