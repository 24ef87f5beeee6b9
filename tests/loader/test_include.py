from __future__ import annotations

import pytest

from composer.errors import InvalidProject, Problem
from composer.loader.canonical import canonical
from composer.loader.include import IncludeEntry, include
from composer.loader.nodes import MarkedMap
from composer.loader.normalise import complete
from composer.loader.paths import resolve
from composer.source import SourceFile, SourceMark
from support.problems import assert_problems
from support.trees import document, lengthen, plain, said, tree, where


def included(text: str, *, chain: tuple[str, ...] = (), **others: str) -> MarkedMap:
    """Return compose.yaml of /project with what it includes; `others` are texts by file name."""
    files = {f"/project/{name.replace('__', '/')}.yaml": one for name, one in others.items()}
    found = document(text)

    def load(entry: IncludeEntry) -> MarkedMap:
        return canonical(tree(files[entry.paths[0]], entry.paths[0]))[0]

    return include(
        found.root,
        "/project",
        load,
        chain=chain,
        resets=found.resets,
        overrides=found.overrides,
    )


def entries(item: str, chain: tuple[str, ...] = ()) -> list[IncludeEntry]:
    """Return what `include: [item]` asks to load."""
    asked: list[IncludeEntry] = []

    def load(entry: IncludeEntry) -> MarkedMap:
        asked.append(entry)
        return MarkedMap()

    include(tree(f"include: [{item}]"), "/project", load, chain=chain)
    return asked


def problems(text: str, chain: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(InvalidProject) as raised:
        included(text, chain=chain)
    return said(raised.value.problems)


def test_resources_of_every_kind_are_imported() -> None:
    other = (
        "name: other\nx-other: 1\n"
        "services: {a: {image: x}}\nnetworks: {n: {driver: bridge}}\nvolumes: {v: {name: w}}\n"
        "secrets: {s: {file: /s}}\nconfigs: {c: {file: /c}}\nmodels: {m: {model: y}}\n"
    )

    assert plain(included("include: [other.yaml]\nname: own", other=other)) == {
        "name": "own",
        "services": {"a": {"image": "x"}},
        "networks": {"n": {"driver": "bridge"}},
        "volumes": {"v": {"name": "w"}},
        "secrets": {"s": {"file": "/s"}},
        "configs": {"c": {"file": "/c"}},
        "models": {"m": {"model": "y"}},
    }


def test_a_file_is_included_in_its_own_directory() -> None:
    [entry] = entries("sub/other.yaml")

    assert entry.paths == ("/project/sub/other.yaml",)
    assert entry.project_directory == "/project/sub"
    assert entry.env_files == ()


def test_several_paths_belong_to_one_project() -> None:
    [entry] = entries("{path: [a/x.yaml, b/y.yaml], project_directory: ., env_file: c/.env}")

    assert entry.paths == ("/project/a/x.yaml", "/project/b/y.yaml")
    assert entry.project_directory == "/project"
    assert entry.env_files == ("/project/c/.env",)


def test_env_files_may_be_none_at_all() -> None:
    [entry] = entries("{path: x.yaml, env_file: [/dev/null]}")

    assert entry.env_files == ("/dev/null",)


def test_the_including_file_overrides_what_it_includes() -> None:
    merged = included(
        "include: [other.yaml]\nservices: {a: {environment: {B: 2}, tty: true}}",
        other="services: {a: {image: x, environment: [A=1, B=1]}}",
    )

    assert lengthen_tree(merged)["services"]["a"] == {
        "image": "x",
        "environment": {"A": "1", "B": "2"},
        "tty": True,
    }


def lengthen_tree(root: MarkedMap) -> dict[str, object]:
    return dict(plain(canonical(root)[0]))


def test_reset_and_override_hold_against_what_is_included() -> None:
    merged = included(
        "include: [other.yaml]\nservices: {a: {environment: !override {B: 2}, cap_add: !reset []}}",
        other="services: {a: {image: x, environment: [A=1], cap_add: [A]}}",
    )

    assert plain(merged) == {"services": {"a": {"image": "x", "environment": {"B": 2}}}}


def test_the_same_definition_twice_counts_once() -> None:
    text = "services: {a: {build: {context: x, cache_from: [a]}, secrets: [s], ports: ['1:1']}}"
    project, _ = canonical(tree(text))
    complete(project)
    project = resolve(project, "/project")

    merged = include(tree(f"include: [x.yaml]\n{text}"), "/project", lambda entry: project)

    assert plain(merged) == plain(project)


def test_one_file_included_twice_counts_once() -> None:
    text = "services: {a: {image: x, build: {context: /, cache_from: [a]}}}"
    merged = included("include: [other.yaml, {path: ./other.yaml}]", other=text)

    assert plain(merged) == lengthen(text)


def test_what_is_imported_points_to_its_own_file() -> None:
    root = included("include: [other.yaml]", other="services:\n  a:\n    image: x\n")

    assert where(root, "services", "a", "image") == "/project/other.yaml:3:12"


def test_a_tree_without_include_is_left_alone() -> None:
    root = tree("services: {a: {image: x}}")

    assert include(root, "/project", lambda entry: MarkedMap()) is root
    assert plain(included("include: \nname: x")) == {"name": "x"}


def test_the_files_that_include_go_with_the_entry() -> None:
    [entry] = entries("a.yaml", chain=("/project/compose.yaml",))

    assert entry.chain == ("/project/compose.yaml", "/project/a.yaml")


def test_a_file_that_includes_itself_is_a_cycle() -> None:
    assert problems("include: [./x/../compose.yaml]", chain=("/project/compose.yaml",)) == [
        "error compose.yaml:1:11: compose.yaml includes itself"
    ]


def test_a_longer_cycle_is_shown_from_where_it_begins() -> None:
    first = SourceMark(SourceFile("a.yaml", "include: [b.yaml]"), 1, 11, 6)
    chain = ("/project/compose.yaml", "/project/a.yaml", "/project/b.yaml")
    root = tree("include: [a.yaml]", "b.yaml")

    with pytest.raises(InvalidProject) as raised:
        include(root, "/project", print, chain=chain, named={"/project/b.yaml": first})

    assert_problems(
        raised.value.problems,
        """
        error: files include each other in a circle: a.yaml -> b.yaml -> a.yaml
          --> a.yaml:1:11
           |
         1 | include: [b.yaml]
           |           ^^^^^^
        note: then b.yaml includes this
          --> b.yaml:1:11
           |
         1 | include: [a.yaml]
           |           ^^^^^^
        """,
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "include: a.yaml",
            "1:10: 'include' must be a list of files, not a text (write a list: [a.yaml])",
        ),
        ("include: [5]", "1:11: an include must name a path, or several"),
        ("include: [{path: []}]", "1:11: an include must name a path, or several"),
        ("include: [{path: [{}]}]", "1:11: an include must name a path, or several"),
        ("include: [{env_file: a}]", "1:11: an include must name a path, or several"),
        ("include: [{path: a, env_file: 5}]", "1:11: an include must name a path, or several"),
        (
            "include: [{path: a, project_directory: 5}]",
            "1:11: an include must name a path, or several",
        ),
        ("include: ['']", "1:11: an include must name a path, or several"),
    ],
)
def test_what_names_no_file_is_refused(text: str, found: str) -> None:
    assert problems(text) == [f"error compose.yaml:{found}"]


def test_every_wrong_entry_is_reported_and_misspelt_keys_are_named() -> None:
    assert problems("include: [{pth: a.yaml}, 5]") == [
        "error compose.yaml:1:12: unknown key 'pth' in include (did you mean 'path'?)",
        "error compose.yaml:1:26: an include must name a path, or several",
    ]


def test_a_problem_without_a_place_is_reported_where_the_file_is_included() -> None:
    def load(entry: IncludeEntry) -> MarkedMap:
        raise InvalidProject([Problem(f"{entry.paths[0]} does not exist")])

    with pytest.raises(InvalidProject) as raised:
        include(tree("include: [a.yaml, b.yaml]"), "/project", load)

    assert said(raised.value.problems) == [
        "error compose.yaml:1:11: /project/a.yaml does not exist",
        "error compose.yaml:1:19: /project/b.yaml does not exist",
    ]
