"""How grave a line is, in the forms in which programs say it."""

from __future__ import annotations

import pytest

from composer.actions.levels import LEVELS, fields_of, level_of, rank_of
from composer.errors import UsageError

SAID = {
    "trace": [
        '{"level":10,"msg":"pino"}',
        "2026-01-31T12:00:00Z TRACE my::module: rust",
    ],
    "debug": [
        '{"level":"debug","msg":"zap"}',
        "DEBUG:root:python",
        "2026-01-31 12:00:00.000 UTC [33] DEBUG1:  postgres",
        "time=2026-01-31T12:00:00Z level=DEBUG msg=slog",
        "1:M 31 Jan 2026 12:00:00.000 - redis, verbose",
    ],
    "info": [
        '{"level":30,"time":1531171074631,"msg":"hello world","pid":657,"hostname":"h"}',
        "2026-01-31 12:00:00.000 UTC [1] LOG:  database system is ready to accept connections",
        "INFO:     127.0.0.1:1 - uvicorn",
        "[2026-01-31 12:00:00 +0000] [7] [INFO] gunicorn: not an [error]",
        "info: winston",
        "[2026-01-31 12:00:00,173: INFO/MainProcess] mingle: celery",
        "2026-01-31T12:00:00.000Z  INFO 1 --- [main] o.s.b.SpringApplication : started",
        '172.17.0.1 - - [31/Jan/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 615 "-" "curl/8"',
        '127.0.0.1 - - [31/Jan/2026 12:00:00] "GET / HTTP/1.1" 200 -',
        "\x1b[32minfo\x1b[39m: winston in colour",
        "I0131 12:00:00.000000       1 controller.go:1] klog",
    ],
    "notice": [
        "2026/01/31 12:00:00 [notice] 1#1: nginx/1.25",
        "2026-01-31 12:00:00.000 UTC [33] NOTICE:  relation exists, skipping",
        "1:M 31 Jan 2026 12:00:00.000 * Ready to accept connections",
        "<5>syslog",
    ],
    "warning": [
        "WARNING:root:python",
        "WARN  [app] log4j",
        "[2026-01-31 12:00:00,173: WARNING/ForkPoolWorker-1] celery",
        'level=warning msg="logrus"',
        '{"severity":"WARNING","message":"google"}',
        "2026/01/31 12:00:00 [warn] 29#29: a client request body is buffered",
        "2026-01-31T12:00:00Z 0 [Warning] [MY-010068] CA certificate is self signed",
        '172.17.0.1 - - [31/Jan/2026:12:00:00 +0000] "GET /x HTTP/1.1" 404 153 "-" "curl/8"',
        "1:C 31 Jan 2026 12:00:00.000 # Warning: no config file specified",
        "npm warn deprecated x@1.0.0",
        '{"t":{"$date":"2026"},"s":"W","c":"CONTROL","msg":"mongo"}',
    ],
    "error": [
        "ERROR:root:python",
        "2026-01-31 12:00:00,123 - name - ERROR - python with a format",
        "2026-01-31 12:00:00.000 UTC [33] ERROR:  duplicate key value",
        "2026/01/31 12:00:00 [error] 29#29: *1 open() failed (2: No such file or directory)",
        '172.17.0.1 - - [31/Jan/2026:12:00:00 +0000] "GET / HTTP/1.1" 502 157 "-" "curl/8"',
        "Traceback (most recent call last):",
        "ValueError: python",
        "TypeError: Cannot read properties of undefined (reading 'x')",
        "Uncaught ReferenceError: x is not defined",
        "npm ERR! code ELIFECYCLE",
        "error: winston",
        "E0131 12:00:00.000000       1 controller.go:1] klog",
        '{"level":"ERROR","msg":"x"}',
        '{"log.level":"error","message":"elastic"}',
        "12:00:00.000 [main] ERROR com.example - logback",
    ],
    "fatal": [
        "2026-01-31 12:00:00.000 UTC [33] FATAL:  password authentication failed",
        "2026-01-31 12:00:00.000 UTC [33] PANIC:  could not write",
        "CRITICAL:root:python",
        "2026/01/31 12:00:00 [emerg] 1#1: host not found in upstream",
        '{"level":60,"msg":"pino"}',
        'ts=2026-01-31 lvl=crit msg="x"',
        "<2>syslog",
    ],
}


@pytest.mark.parametrize(
    ("level", "line"), [(level, line) for level, lines in SAID.items() for line in lines]
)
def test_a_level_is_found_where_programs_put_it(level: str, line: str) -> None:
    found = level_of(line.encode())
    assert found is not None
    assert LEVELS[found] == level


@pytest.mark.parametrize(
    "line",
    [
        "",
        "hello world",
        '  File "/app/main.py", line 3, in <module>',
        "    at Object.<anonymous> (/app/index.js:1:7)",
        "2026-01-31 12:00:00.000 UTC [33] DETAIL:  Key (id)=(1) already exists.",
        "2026-01-31 12:00:00.000 UTC [33] STATEMENT:  insert into t values (1)",
        "the information desk has no errors",
        "listening on /var/log/ERROR/x and on INFO-1",
        '{"msg":"no level"}',
        '{"level":true}',
        "{not json",
        "\xff\x00\xfe",
    ],
)
def test_a_line_that_says_nothing_has_no_level(line: str) -> None:
    assert level_of(line.encode("latin-1")) is None


def test_levels_go_by_several_names() -> None:
    assert [LEVELS[rank_of(name)] for name in ("WARN", "Err", "critical", "notice")] == [
        *("warning", "error", "fatal", "notice")
    ]
    for name in ("nope", "e", ""):
        with pytest.raises(UsageError, match="no such level"):
            rank_of(name)


def test_structured_lines_are_read() -> None:
    assert fields_of(b'{"a": {"b": [1, 2.5, null]}, "c": "\\u00e4"}\n') == {
        "a": {"b": [1, 2.5, None]},
        "c": "ä",
    }
    assert fields_of(b'level=info msg="two \\"words\\"" n=1 empty= ') == {
        "level": "info",
        "msg": 'two "words"',
        "n": "1",
        "empty": "",
    }


@pytest.mark.parametrize(
    "line", [b"plain text", b"a = b", b"x=1 and more", b"[1, 2]", b"{", b'a="open', b"\xff", b"1"]
)
def test_other_lines_are_not_structured(line: bytes) -> None:
    assert fields_of(line) is None
