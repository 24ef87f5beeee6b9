"""Problems as JSON: one object each.

For editors they have the span that they are about.  Lines and columns count from 1, in
characters; `endColumn` is the one behind the span.  What has no place has null for each of these.
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterable
from typing import Any

from composer.errors import Problem
from composer.source import SourceMark


def to_json(problems: Iterable[Problem], directory: str) -> str:
    """Return `problems` as a JSON array; names of files are made absolute from `directory`."""
    rows = [_row(problem, directory) for problem in problems]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def record(problem: Problem) -> dict[str, object]:
    """Return an error as Docker Compose says it among its progress, and what explains it."""
    return {"error": True, "message": problem.message, **explained(problem)}


def explained(problem: Problem) -> dict[str, object]:
    """Return what there is of help and place."""
    said: dict[str, object] = {}
    if problem.help:
        said["help"] = problem.help
    if problem.mark is not None:
        mark = problem.mark
        said |= {"file": mark.file.name, "line": mark.line, "column": mark.column}
    return said


def _row(problem: Problem, directory: str) -> dict[str, Any]:
    return {
        **_place(problem.mark, directory),
        "severity": problem.severity,
        "name": problem.name or None,
        "message": problem.message,
        "help": problem.help,
        "notes": [{"message": text, **_place(mark, directory)} for text, mark in problem.notes],
    }


def _place(mark: SourceMark | None, directory: str) -> dict[str, Any]:
    if mark is None:
        return dict.fromkeys(("file", "line", "column", "endColumn"))
    return {
        "file": _absolute(mark.file.name, directory),
        "line": mark.line,
        "column": mark.column,
        "endColumn": mark.column + mark.width,
    }


def _absolute(name: str, directory: str) -> str:
    """Return the absolute path of a file; standard input and addresses keep their names."""
    if name == "stdin" or "://" in name:
        return name
    return os.path.normpath(os.path.join(directory, name))
