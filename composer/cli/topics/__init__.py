"""The topics of `composer help`; their texts stand beside this file, and are read when needed."""

from __future__ import annotations

import os

TOPICS = {
    "files": "Which files are read, and how they become one",
    "variables": "Where ${…} and the variables of containers come from",
    "environment": "Variables that say how composer behaves",
    "profiles": "Services that are switched on by name",
    "dependencies": "Who starts after whom, and what is waited for",
    "plan": "What would be done, and why",
    "networks": "How services find each other and the outside",
    "data": "Volumes: what keeps data, and what removes it",
    "watch": "Changes of source files, brought into containers",
    "engine": "Which engine is talked to, and how",
    "formats": "What --format takes: tables, JSON, templates",
    "exit-codes": "What a script can tell from the exit code",
}


def text_of(topic: str) -> str:
    """Return the text of a topic."""
    with open(os.path.join(os.path.dirname(__file__), f"{topic}.txt"), encoding="utf-8") as file:
        return file.read()
