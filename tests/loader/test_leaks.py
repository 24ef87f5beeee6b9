from __future__ import annotations

import pytest

from composer.loader.leaks import leaks
from composer.source import SourceFile


def found(text: str) -> list[tuple[str, int, int]]:
    marks = ((one.message, one.mark) for one in leaks(SourceFile("x.yaml", text)))
    return [(message, mark.line, mark.column) for message, mark in marks if mark is not None]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("AWS_ACCESS_KEY_ID: AKIAIOSFODNN7EXAMPLE", "an access key of AWS"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "the value of AWS_SECRET_ACCESS_KEY"),
        ("- T=ghp_1234567890abcdefghijklmnopqrstuvwxyz", "a token of GitHub"),
        ("x: glpat-12345678901234567890", "a token of GitLab"),
        ("x: xoxb-12345678901-abc", "a token of Slack"),
        ("x: AIza" + "a" * 35, "a key of Google"),
        ("x: sk_live_1234567890abcdef", "a live key of Stripe"),
        ("x: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2", "a JSON web token"),
        ("  -----BEGIN DSA PRIVATE KEY-----", "a private key"),
        ("URL: postgres://me:hunter2@db/x", "a password in an address"),
        ("    POSTGRES_PASSWORD: hunter2", "the value of POSTGRES_PASSWORD"),
        ('  - "API_KEY=hunter2"', "the value of API_KEY"),
        ("environment: {A: 1, DB_PASSWORD: hunter2}", "the value of DB_PASSWORD"),
    ],
)
def test_what_looks_like_a_secret_is_found(line: str, what: str) -> None:
    assert [message for message, _, _ in found(line)] == [what]


@pytest.mark.parametrize(
    "line",
    [
        "DB_PASSWORD: ${DB_PASSWORD:?}",
        "DB_PASSWORD: $DB_PASSWORD",
        "- PASSWORD",
        "PASSWORD:",
        "# DB_PASSWORD: hunter2",
        "POSTGRES_PASSWORD_FILE: /run/secrets/db",
        "PASSWORD: /run/secrets/db",
        "URL: postgres://me:${PASSWORD}@db/x",
        "LOG_LEVEL: info",
        "secrets: [db]",
    ],
)
def test_what_comes_from_outside_or_is_harmless_is_not(line: str) -> None:
    assert found(line) == []


def test_the_place_is_told_and_the_value_is_not() -> None:
    [(message, line, column)] = found("a: 1\n  PASSWORD: hunter2  # ours\n")

    assert (line, column) == (2, 13)
    assert "hunter2" not in message
