"""Loading projects from texts in a directory of their own."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from composer.errors import InvalidProject, Problem
from composer.loader.pipeline import Loaded, load
from composer.model.options import LoadOptions
from composer.model.project import Project
from composer.model.service import Service


def write(directory: Path, name: str, text: str) -> Path:
    """Write `text`, which may be indented like the test around it, into a file."""
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text).lstrip("\n"))
    return path


def options(directory: Path, **choices: Any) -> LoadOptions:
    return LoadOptions(working_directory=str(directory), **{"project_name": "demo", **choices})


def load_text(directory: Path, text: str, **choices: Any) -> Loaded:
    """Load a compose.yaml of `text`; the project is called demo."""
    write(directory, "compose.yaml", text)
    return load(options(directory, **choices))


def project_of(directory: Path, text: str, **choices: Any) -> Project:
    return load_text(directory, text, **choices).project


def service_of(directory: Path, attributes: str, **choices: Any) -> Service:
    """Load one service, web, of attributes in flow style."""
    text = f"services: {{web: {{image: x, {attributes}}}}}"
    return project_of(directory, text, **choices).services["web"]


def faults_of(directory: Path, text: str, **choices: Any) -> tuple[Problem, ...]:
    """Return the problems for which a compose.yaml of `text` is refused."""
    with pytest.raises(InvalidProject) as refused:
        load_text(directory, text, **choices)
    return refused.value.problems
