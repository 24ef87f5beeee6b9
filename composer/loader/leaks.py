"""What in the text of a file looks like a secret, for who is about to publish it.

Found by its own form, a token of GitHub say, or by the name that it is given.  The
messages never show a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from composer.errors import Problem
from composer.loader.advice.secrets import is_literal_secret, is_secret
from composer.pattern import pattern
from composer.source import SourceFile, SourceMark

_FORMS: Final = (
    ("an access key of AWS", pattern(r"\b(?:A3T[A-Z0-9]|A(?:KI|SI|GP|ID|RO|NP)A)[A-Z0-9]{16}\b")),
    ("a token of GitHub", pattern(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})")),
    ("a token of GitLab", pattern(r"\bglpat-[\w-]{20,}")),
    ("a token of Slack", pattern(r"\bxox[abeoprs]-[\w-]{10,}")),
    ("a key of Google", pattern(r"\bAIza[\w-]{35}")),
    ("a live key of Stripe", pattern(r"\b[rs]k_live_\w{16,}")),
    ("a JSON web token", pattern(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
    ("a private key", pattern(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")),
    ("a password in an address", pattern(r"[A-Za-z][\w+.-]{0,30}://[^\s/:@\"'$]*:[^\s/@\"'$]+@")),
)  # fmt: skip

_ASSIGNED: Final = pattern(
    r"(?:^|[{,\[])\s*(?:export\s+|-\s+)?[\"']?(?P<key>[A-Za-z_]\w*)[\"']?\s*[:=]\s*"
    r"(?P<value>\"[^\"]*\"|'[^']*'|(?:\$\{[^}]*\}|[^\s,{\[}\]\"'])(?:\$\{[^}]*\}|[^,}\]])*)"
)
_COMMENT: Final = re.compile(r"\s+#.*")


def leaks(file: SourceFile) -> Iterator[Problem]:
    """Yield a warning for each line of `file` with something in it that looks like a secret."""
    for number, line in enumerate(file.text.splitlines(), 1):
        if not line.lstrip().startswith("#") and (found := _in_line(line)) is not None:
            what, start, end = found
            mark = SourceMark(file, number, start + 1, max(end - start, 1))
            yield Problem(what, mark, severity="warning")


def _in_line(line: str) -> tuple[str, int, int] | None:
    """Return what is found first, and from where to where it stands."""
    for what, form in _FORMS:
        if found := form.search(line):
            return what, found.start(), found.end()
    for assigned in _ASSIGNED.finditer(line):
        value = _COMMENT.sub("", assigned["value"]).strip().strip("\"'")
        if is_secret(assigned["key"]) and is_literal_secret(value):
            return f"the value of {assigned['key']}", *assigned.span("value")
    return None
