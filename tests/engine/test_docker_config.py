from __future__ import annotations

from pathlib import Path

import pytest

from composer.engine.docker.docker_config import complaint, contexts


def test_no_settings_are_no_reason_to_complain(tmp_path: Path) -> None:
    assert complaint(str(tmp_path)) == ""

    (tmp_path / "config.json").write_text("{}")
    assert complaint(str(tmp_path)) == ""


@pytest.mark.parametrize(
    ("text", "what"), [("{", "is no JSON: "), ("[]", "holds no settings"), ("", "is no JSON: ")]
)
def test_settings_that_cannot_be_read_are_told_with_their_path(
    tmp_path: Path, text: str, what: str
) -> None:
    (tmp_path / "config.json").write_text(text)

    assert complaint(str(tmp_path)).startswith(f"{tmp_path}/config.json {what}")


def test_contexts_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    zone = '{"Name": "zone", "Metadata": {"Description": "far"}}'
    for name, text in (("a", zone), ("b", "{"), ("c", "[]"), ("d", "{}")):
        directory = tmp_path / "contexts" / "meta" / name
        directory.mkdir(parents=True)
        (directory / "meta.json").write_text(text)

    assert contexts(str(tmp_path)) == {"default": "", "zone": "far"}
    assert contexts("/nowhere") == {"default": ""}
