"""The compose files that the engine's benchmark brings up; they need busybox and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

CHAIN = 8

IMAGE = "busybox:latest"

STAYS = ["sh", "-c", "trap 'exit 0' TERM; sleep 1000000 & wait"]
"""What runs until it is told to stop, and then stops at once."""

PROBE = "healthcheck: {test: [CMD, 'true'], interval: 100ms}"


def independent(services: int, changed: str = "") -> str:
    """Return a file of services that need nothing of each other; one may be `changed`."""
    return _file(
        f"s{n}:\n"
        f"    image: {IMAGE}\n"
        f"    command: {STAYS}\n"
        f"    environment: {{ROUND: '{changed if n == 1 else ''}'}}\n"
        for n in range(1, services + 1)
    )


def gated_on_health(length: int = CHAIN) -> str:
    """Return a chain: each service starts once the one before is healthy."""
    return _file(
        f"s{n}:\n"
        f"    image: {IMAGE}\n"
        f"    command: {STAYS}\n"
        f"    {PROBE}\n{_after(n, 'service_healthy')}"
        for n in range(1, length + 1)
    )


def gated_on_completion(length: int = CHAIN) -> str:
    """Return a chain: each service starts once the one before has done its work."""
    return _file(
        f"s{n}:\n"
        f"    image: {IMAGE}\n"
        f"    command: {STAYS if n == length else ['true']}\n"
        f"{_after(n, 'service_completed_successfully')}"
        for n in range(1, length + 1)
    )


def _file(services: Iterable[str]) -> str:
    return "services:\n" + "".join(f"  {service}" for service in services)


def _after(number: int, condition: str) -> str:
    if number == 1:
        return ""
    return f"    depends_on: {{s{number - 1}: {{condition: {condition}}}}}\n"
