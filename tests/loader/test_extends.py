from __future__ import annotations

import pytest

from composer.errors import InvalidProject, Problem
from composer.loader.extends import extend
from composer.loader.nodes import MarkedMap
from composer.source import SourceFile
from support.trees import document, plain, said, tree, where


def extended(text: str, **others: str) -> MarkedMap:
    """Return the tree of compose.yaml in /project; `others` are texts by file name."""
    files = {f"/project/{name.replace('__', '/')}.yaml": one for name, one in others.items()}
    found = document(text)

    def load(path: str) -> MarkedMap:
        return tree(files[path], path)

    return extend(
        found.root,
        SourceFile("compose.yaml", text),
        "/project",
        load,
        resets=found.resets,
        overrides=found.overrides,
    )


def web(text: str, **others: str) -> object:
    return plain(extended(text, **others))["services"]["web"]


def problems(text: str, **others: str) -> list[str]:
    with pytest.raises(InvalidProject) as raised:
        extended(text, **others)
    return said(raised.value.problems)


@pytest.mark.parametrize("extends", ["base", "{service: base}"])
def test_a_service_is_merged_onto_its_base(extends: str) -> None:
    assert web(
        "services:\n"
        "  base: {image: x, environment: [A=1, B=2], ports: ['1:1']}\n"
        f"  web: {{extends: {extends}, environment: {{B: 3}}, ports: ['2:2']}}\n"
    ) == {"image": "x", "environment": {"A": "1", "B": 3}, "ports": ["1:1", "2:2"]}


def test_a_base_is_taken_after_its_own_extends() -> None:
    assert web(
        "services:\n"
        "  web: {extends: b, tty: true}\n"
        "  b: {extends: c, command: b}\n"
        "  c: {image: x, command: c}\n"
    ) == {"image": "x", "command": "b", "tty": True}


def test_the_base_itself_stays_as_it_is() -> None:
    text = "services: {base: {image: x, cap_add: [A]}, web: {extends: base, cap_add: [B]}}"

    assert plain(extended(text))["services"]["base"] == {"image": "x", "cap_add": ["A"]}


def test_two_heirs_share_nothing() -> None:
    root = extended("services: {base: {labels: {a: b}}, web: {extends: base}, db: {extends: base}}")
    root["services"]["web"]["labels"]["c"] = "d"

    assert root["services"]["db"]["labels"] == {"a": "b"}


def test_null_clears_the_command_of_the_base() -> None:
    assert web("services: {base: {image: x, command: a}, web: {extends: base, command: }}") == {
        "image": "x",
        "command": None,
    }


def test_reset_and_override_hold_against_the_base() -> None:
    assert web(
        "services:\n"
        "  base: {image: x, ports: ['1:1'], environment: {A: 1}, labels: {a: 1}}\n"
        "  web: {extends: base, ports: !reset [], environment: !override {B: 2}, labels: {b: 2}}\n"
    ) == {"image": "x", "environment": {"B": 2}, "labels": {"a": 1, "b": 2}}


def test_a_base_may_stand_in_another_file() -> None:
    text = "services: {web: {extends: {file: common.yaml, service: base}, tty: true}}"

    assert web(text, common="services: {base: {image: x}}") == {"image": "x", "tty": True}


def test_only_the_service_comes_from_the_other_file() -> None:
    root = extended(
        "services: {web: {extends: {file: common.yaml, service: base}}}",
        common="services: {base: {image: x}, other: {image: y}}\nvolumes: {v: }",
    )

    assert plain(root) == {"services": {"web": {"image": "x"}}}


def test_paths_of_a_base_begin_at_its_own_file() -> None:
    assert web(
        "services:\n  web: {extends: {file: sub/mid.yaml, service: mid}, env_file: own.env}\n",
        sub__mid=(
            "services:\n"
            "  mid: {extends: {file: deep/base.yaml, service: base}, volumes: ['./m:/m']}\n"
        ),
        sub__deep__base="services: {base: {build: ., volumes: ['./b:/b', 'data:/d']}}",
    ) == {
        "build": {"context": "/project/sub/deep"},
        "volumes": ["/project/sub/deep/b:/b", "data:/d", "/project/sub/m:/m"],
        "env_file": "own.env",
    }


def test_a_file_is_read_once() -> None:
    reads: list[str] = []
    root = tree(
        "services:\n"
        "  a: {extends: {file: common.yaml, service: base}}\n"
        "  b: {extends: {file: ./common.yaml, service: base}}\n"
    )

    def load(path: str) -> MarkedMap:
        reads.append(path)
        return tree("services: {base: {image: x}}")

    extend(root, None, "/project", load)

    assert reads == ["/project/common.yaml"]


def test_what_is_inherited_points_to_the_other_file() -> None:
    root = extended(
        "services:\n  web:\n    extends: {file: common.yaml, service: base}\n    tty: true\n",
        common="services:\n  base:\n    image: x\n",
    )

    assert where(root, "services", "web", "image") == "/project/common.yaml:3:12"
    assert where(root, "services", "web", "tty") == "compose.yaml:4:10"


def test_a_missing_base_is_named_with_the_nearest_service() -> None:
    assert problems("services: {web: {extends: bse}, base: {image: x}}") == [
        "error compose.yaml:1:27: cannot extend service 'web': service 'bse' not found in"
        " compose.yaml (did you mean 'base'?)"
    ]


def test_a_missing_base_without_a_likeness_may_stand_in_another_file() -> None:
    assert problems("services: {web: {extends: zzz}}") == [
        "error compose.yaml:1:27: cannot extend service 'web': service 'zzz' not found in"
        " compose.yaml (a service of another file is extended with file: beside service:)"
    ]


def test_a_missing_base_in_another_file_is_named_with_that_file() -> None:
    text = "services: {web: {extends: {file: common.yaml, service: bse}}}"

    assert problems(text, common="services: {base: {image: x}}") == [
        "error compose.yaml:1:56: cannot extend service 'web': service 'bse' not found in"
        " common.yaml (did you mean 'base'?)"
    ]


def test_a_cycle_is_shown_as_a_chain_with_every_place() -> None:
    text = "services:\n  a: {extends: b}\n  b: {extends: c}\n  c: {extends: a}\n"
    with pytest.raises(InvalidProject) as raised:
        extended(text)
    [problem] = raised.value.problems

    assert said([problem]) == [
        "error compose.yaml:2:16: services extend each other in a circle: a -> b -> c -> a"
    ]
    assert [(note, str(mark)) for note, mark in problem.notes] == [
        ("'b' extends 'c'", "compose.yaml:3:16"),
        ("'c' extends 'a'", "compose.yaml:4:16"),
    ]


def test_a_service_that_extends_itself_is_a_cycle() -> None:
    assert problems("services: {a: {extends: a}}") == [
        "error compose.yaml:1:25: service 'a' extends itself"
    ]


def test_a_cycle_over_two_files_is_found() -> None:
    text = "services: {a: {extends: {file: other.yaml, service: b}}}"
    found = problems(
        text,
        other="services: {b: {extends: {file: compose.yaml, service: a}}}",
        compose=text,
    )

    assert len(found) == 1
    assert found[0].endswith(
        ": services extend each other in a circle:"
        " b in /project/other.yaml -> a in /project/compose.yaml -> b in /project/other.yaml"
    )


def test_every_missing_base_is_reported() -> None:
    assert len(problems("services: {a: {extends: x}, b: {extends: y}, c: {extends: a}}")) == 2


def test_what_is_wrong_with_another_file_is_passed_on() -> None:
    found = problems(
        "services: {web: {extends: {file: common.yaml, service: a}}}", common="a: {b: 1, b: 2}"
    )

    assert found == ["error /project/common.yaml:1:11: key 'b' is defined twice in one mapping"]


@pytest.mark.parametrize(
    "extends", ["5", "[base]", "{file: x}", "{service: 1}", "{service: a, file: 1}"]
)
def test_what_cannot_be_read_is_left_to_the_schema(extends: str) -> None:
    text = f"services: {{web: {{extends: {extends}}}, a: {{image: x}}}}"

    assert plain(extended(text)) == plain(tree(text))


@pytest.mark.parametrize("text", ["name: x", "services: [a]", "services: ", "services: {web: 5}"])
def test_a_tree_without_services_is_left_alone(text: str) -> None:
    assert plain(extended(text)) == plain(tree(text))


def test_a_base_that_is_null_adds_nothing() -> None:
    assert web("services: {base: , web: {extends: base, image: x}}") == {"image": "x"}


def test_a_problem_without_a_place_is_reported_where_the_file_is_named() -> None:
    def load(path: str) -> MarkedMap:
        raise InvalidProject([Problem(f"{path} does not exist")])

    with pytest.raises(InvalidProject) as raised:
        extend(
            tree("services: {web: {extends: {file: a.yaml, service: b}}}"), None, "/project", load
        )

    assert said(raised.value.problems) == [
        "error compose.yaml:1:34: /project/a.yaml does not exist"
    ]
