from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from composer.errors import InvalidProject
from composer.loader.pipeline import load
from composer.loader.published import PublishedFile, hashed, published
from composer.model.reference import Fetched
from support.loading import load_text, options, write


def published_of(directory: Path, text: str, **choices: Any) -> dict[str, PublishedFile]:
    """Return the files that go along, by the name of what they are made of."""
    loaded = load_text(directory, text, resolve_environment=False)
    others = [e.path for one in loaded.project.services.values() for e in one.env_file]
    return {file.source.name: file for file in published(loaded, others, **choices)}


def named(directory: Path, path: str, kind: str = "named") -> str:
    return hashed(str(directory / path), kind)


def test_a_file_that_names_no_other_one_stays_what_it_is(tmp_path: Path) -> None:
    text = "# ours\nservices:\n  web:  {image: 'nginx:${TAG:-1}'}\n"

    files = published_of(tmp_path, text)

    assert [(file.name, file.text) for file in files.values()] == [("compose.yaml", text)]


def test_files_that_are_named_go_along_under_the_hash_of_their_path(tmp_path: Path) -> None:
    write(tmp_path, "base/web.yaml", "services: {b: {extends: {file: deep.yaml, service: d}}}")
    write(tmp_path, "base/deep.yaml", "services: {d: {image: x, env_file: [./its.env]}}")
    write(tmp_path, "base/its.env", "A=1")

    files = published_of(
        tmp_path, "services: {web: {extends: {file: 'base/web.yaml', service: b}}}"
    )

    web, deep, env = (
        named(tmp_path, "base/web.yaml"),
        named(tmp_path, "base/deep.yaml"),
        named(tmp_path, "base/its.env", "variables"),
    )
    assert {file.name: file.text.strip() for file in files.values()} == {
        "compose.yaml": f"services: {{web: {{extends: {{file: {web}, service: b}}}}}}",
        web: f"services: {{b: {{extends: {{file: {deep}, service: d}}}}}}",
        deep: f"services: {{d: {{image: x, env_file: [{env}]}}}}",
        env: "A=1",
    }


def test_comments_and_everything_beside_the_name_stay(tmp_path: Path) -> None:
    write(tmp_path, "a.env", "A=1")
    text = "services:\n  web:\n    env_file:\n      - path: a.env  # here\n    image: x\n"

    files = published_of(tmp_path, text)

    name = named(tmp_path, "a.env", "variables")
    assert files["compose.yaml"].text == text.replace("a.env", name)


def test_an_env_file_that_need_not_be_there_is_renamed_and_does_not_go_along(
    tmp_path: Path,
) -> None:
    files = published_of(
        tmp_path, "services: {web: {image: x, env_file: [{path: no.env, required: false}]}}"
    )

    assert list(files) == ["compose.yaml"]
    assert named(tmp_path, "no.env", "variables") in files["compose.yaml"].text


def test_the_env_file_of_an_include_goes_along_only_if_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "db/compose.yaml", "services: {db: {image: 'x:${V:-0}'}}")
    write(tmp_path, "db/.env", "V=1")
    text = "include: [db/compose.yaml]"
    db, env = named(tmp_path, "db/compose.yaml"), named(tmp_path, "db/.env", "variables")

    with_it = published_of(tmp_path, text)
    without = published_of(tmp_path, text, variables=False)

    written = with_it["compose.yaml"].text.replace('"', "")
    assert written == f"include: [{{path: [{db}], env_file: [{env}]}}]"
    assert without["compose.yaml"].text == f"include: [{db}]"
    assert list(without) == ["compose.yaml", "db/compose.yaml"]


def test_an_include_that_names_its_env_file_is_refused_without_it(tmp_path: Path) -> None:
    write(tmp_path, "db.yaml", "services: {db: {image: x}}")
    write(tmp_path, "db.env", "V=1")
    text = "include:\n  - path: db.yaml\n    env_file: db.env\n"

    with pytest.raises(InvalidProject) as refused:
        published_of(tmp_path, text, variables=False)

    [problem] = refused.value.problems
    assert problem.message == "an include reads an env file, which would not be there"
    assert problem.mark is not None
    assert (problem.mark.line, problem.mark.column) == (3, 15)


def test_an_env_file_below_an_anchor_is_found(tmp_path: Path) -> None:
    write(tmp_path, "a.env", "A=1")

    files = published_of(
        tmp_path, "x-all: &all {env_file: a.env}\nservices: {web: {<<: *all, image: x}}"
    )

    assert named(tmp_path, "a.env", "variables") in files["compose.yaml"].text


def test_a_name_that_only_an_alias_brings_in_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.env", "A=1")

    with pytest.raises(InvalidProject) as refused:
        published_of(
            tmp_path, "x-file: &file a.env\nservices: {web: {image: x, env_file: [*file]}}"
        )

    assert refused.value.problems[0].message == (
        "file 'a.env' cannot be published: it is named through an alias"
    )


def test_a_variable_of_that_name_is_no_file(tmp_path: Path) -> None:
    text = "services: {web: {image: x, environment: {env_file: a.env}}}\n"

    assert published_of(tmp_path, text)["compose.yaml"].text == text


def test_what_is_elsewhere_stays_there(tmp_path: Path) -> None:
    write(tmp_path / "fetched", "compose.yaml", "services: {far: {image: x, env_file: [a.env]}}")
    write(tmp_path / "fetched", "a.env", "A=1")
    text = "include: ['https://host/x.git#main', {path: ['https://host/x.git#main']}]\n"

    def fetch(reference: str) -> Fetched:
        return Fetched(name=reference, directory=str(tmp_path / "fetched"), path="", prefix="x#")

    write(tmp_path / "here", "compose.yaml", text)
    loaded = load(options(tmp_path / "here", fetch=fetch, resolve_environment=False))

    assert [(file.name, file.text) for file in published(loaded)] == [("compose.yaml", text)]
