"""Makes what a wheel brings beside the package: manual pages, and scripts for shells.

Both are made of the package itself, which imports nothing heavy for that.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHELLS = {
    "bash": "share/bash-completion/completions/composer",
    "zsh": "share/zsh/site-functions/_composer",
    "fish": "share/fish/vendor_completions.d/composer.fish",
}


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the pages into build/man, and say where all of it is installed."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from composer.cli.man import pages

        folder = Path(self.root, "build", "man")
        folder.mkdir(parents=True, exist_ok=True)
        shared = build_data.setdefault("shared_data", {})
        for name, text in pages().items():
            (folder / name).write_text(text, encoding="utf-8")
            shared[f"build/man/{name}"] = f"share/man/man{name[-1]}/{name}"
        for shell, place in SHELLS.items():
            shared[f"composer/cli/shells/composer.{shell}"] = place
