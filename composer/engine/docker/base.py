"""What the parts of the adapter stand on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, TypeVar

from composer.engine.docker.clock import nanoseconds
from composer.engine.docker.patience import ATTEMPTS, pauses
from composer.engine.docker.refusal import ambiguous
from composer.engine.docker.wire import Wire
from composer.engine.under_way import UnderWay
from composer.errors import AnswerLost, Conflict, EngineUnavailable, NotFound
from composer.model.names import Label

T = TypeVar("T")


class Base:
    """`environment` is that of the programs that the adapter starts, such as docker buildx.

    `more` returns what is added to it where it says nothing; called when one is started.
    """

    def __init__(
        self,
        wire: Wire,
        environment: Mapping[str, str],
        more: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._wire = wire
        self._own = environment
        self._more = more
        self._builds = UnderWay()
        self._here: bool | None = None

    @property
    def _environment(self) -> Mapping[str, str]:
        environment = {**self._more(), **self._own}
        tls = self._wire.address.tls
        if tls and environment.get("DOCKER_HOST") and not tls.directory:
            from composer.engine.docker.certificates import gathered

            environment["DOCKER_CERT_PATH"] = gathered(tls)
        return environment

    def _until_answered(self, attempt: Callable[[bool], T]) -> T:
        """Make `attempt` until the engine answers, and return the answer.

        It hears whether an earlier answer was lost: then what it is about to do may
        be done already, or be under way.  Raises EngineUnavailable if the engine is
        gone for good.
        """
        lost = False
        for pause in islice(pauses(), ATTEMPTS - 1):
            try:
                return attempt(lost)
            except AnswerLost as error:
                lost = True
                time.sleep(pause)
                self._wire.await_back()
                if name := ambiguous(error.message):
                    self._keep_one(name)
        return attempt(lost)

    def _keep_one(self, network: str) -> None:
        """Take away what somebody else has made of the same name at the same moment.

        An older engine allows that, and refuses the name ever after.  The oldest one
        stays, unless another one is in use already.  A network of no project, or of
        another one, is nobody's twin.
        """
        found = self._wire.get("/networks", {"filters": {"name": [network]}})
        named = [json for json in found if json["Name"] == network]
        named.sort(key=lambda json: (json["Created"], json["Id"]))
        owners = [_owner(json) for json in named]
        if not owners or not owners[0][0]:
            return
        twins = [
            json["Id"] for json, owner in zip(named, owners, strict=True) if owner == owners[0]
        ]
        for id in reversed(twins[1:]):
            if self._is_gone(id):
                twins.remove(id)
        for id in twins[:-1]:  # those that are left are in use, but perhaps the first
            self._is_gone(id)

    def _is_gone(self, network: str) -> bool:
        """Remove a network, and say whether it is gone, by whomever: one in use stays."""
        try:
            self._until_answered(lambda lost: self._wire.delete(f"/networks/{network}"))
        except NotFound:
            return True
        except Conflict:
            return False
        return True

    def _join(self, container: str, network: str, endpoint: Mapping[str, Any]) -> None:
        """Connect a container, by its id; to find it connected in that very way is fine.

        An answer may have been lost, or somebody else have done it at the same moment.
        """
        path, body = f"/networks/{network}/connect", {"Container": container}
        asked = f"network {network}"

        def attempt(lost: bool) -> None:
            try:
                self._wire.post(path, body={**body, "EndpointConfig": endpoint}, asked=asked)
            except Conflict as error:
                there = "already exists in network" in error.message
                if not there or not (lost or self._is_joined(container, network, endpoint)):
                    raise

        self._until_answered(attempt)

    def _is_joined(self, id: str, network: str, wanted: Mapping[str, Any]) -> bool:
        settings = self._wire.get(f"/containers/{id}/json").get("NetworkSettings") or {}
        found = (settings.get("Networks") or {}).get(network) or {}
        addresses = (found.get("IPAMConfig") or {}).items()
        return (
            bool(found)
            and {*wanted.get("Aliases", ())} <= {*(found.get("Aliases") or ())}
            and (wanted.get("IPAMConfig") or {}).items() <= addresses
        )

    def _engine_time(self, monotonic: float) -> int:
        """Return what the engine's clock said then, in nanoseconds; at most an answer too early."""
        return self._engine_now() - round((time.monotonic() - monotonic) * 1e9)

    def _engine_now(self) -> int:
        """Return what the engine's clock says, in nanoseconds since the epoch.

        One that runs on this machine has ours, and need not be asked: it takes 10 ms for that.
        """
        if self._is_here():
            return time.time_ns()
        return nanoseconds(self._wire.get("/info")["SystemTime"])

    def _is_here(self) -> bool:
        """Say whether the engine runs on this machine, in no virtual one."""
        if self._here is None:
            from composer.engine.docker.machine import machine

            try:
                self._here = machine(self._wire.address).files
            except EngineUnavailable:  # it is away for a moment, and may be waited for
                return False
        return self._here


def _owner(network: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the project of a network, and the key that it has there."""
    labels = network.get("Labels") or {}
    return labels.get(Label.PROJECT), labels.get(Label.NETWORK)
