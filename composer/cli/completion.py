"""Print what makes a shell complete commands, flags and names"""

from __future__ import annotations

import os
import sys

from composer.cli.parser import Namespace, Parser, Switch
from composer.cli.session import Session
from composer.cli.spelling import COMPOSER, PLUGIN
from composer.errors import UsageError, did_you_mean

SHELLS = ("bash", "zsh", "fish")


def configure(parser: Parser) -> None:
    parser.operand("shell", "SHELL", "1")
    parser.add_argument(
        "--no-descriptions", action=Switch, help="Offer words without their meaning"
    )
    parser.footer = (
        "What to do with it:\n"
        "  bash   composer completion bash > ~/.local/share/bash-completion/completions/composer\n"
        '  zsh    composer completion zsh > "${fpath[1]}/_composer"\n'
        "  fish   composer completion fish > ~/.config/fish/completions/composer.fish\n\n"
        "or, for the shell that runs: source <(composer completion bash). A package of composer\n"
        "brings them along. 'docker compose' is completed by docker's own script."
    )


def run(options: Namespace, session: Session) -> int:
    if options.shell not in SHELLS:
        hint = did_you_mean(options.shell, SHELLS) or f"one of {', '.join(SHELLS)}"
        raise UsageError(f"no completion for {options.shell!r}", help=hint)
    program = session.options.program
    if program == PLUGIN:
        hint = f"docker completion {options.shell}"
        raise UsageError("the script of docker completes 'docker compose' as well", help=hint)
    text = script(options.shell, program)
    if options.no_descriptions:
        text = text.replace("__complete", "__completeNoDesc")
    sys.stdout.write(text)
    return 0


def script(shell: str, program: str = COMPOSER) -> str:
    """Return the script for a shell; `program` is what is typed in front."""
    path = os.path.join(os.path.dirname(__file__), "shells", f"composer.{shell}")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if program == COMPOSER:
        return text
    for before in ("#compdef ", "complete -F _composer ", "compdef _composer ", "complete -c "):
        text = text.replace(f"{before}{COMPOSER}", f"{before}{program}")
    return text
