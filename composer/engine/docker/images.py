"""Images: look, pull, push, build, remove."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from composer.engine.docker.base import Base
from composer.engine.docker.docker_config import config_directory, read_settings
from composer.engine.docker.flow import json_lines
from composer.engine.docker.listing import familiar, inspected_image, listed_image
from composer.engine.docker.questions import can_be_image, gone, of_image
from composer.engine.docker.refusal import registry_refusal
from composer.errors import AnswerLost, BrokenOff, EngineError, EngineUnavailable, NotFound
from composer.model.events import Progress
from composer.model.layers import Layer
from composer.model.names import Label, full_reference
from composer.model.observed import ObservedImage
from composer.model.resources import BuildSpec
from composer.record import replace

if TYPE_CHECKING:
    from composer.engine.buildx import Buildx, Platforms
    from composer.engine.port import Report
    from composer.model.reference import KnownRegistries

_PAUSES = (1, 2, 4)
"""How long to wait before what was broken off is tried again, in seconds."""

_TRIED = 45
"""After so many seconds nothing is tried again: the engine has done so often enough by itself."""

_ANONYMOUS = {"X-Registry-Auth": "e30="}
"""An empty JSON object: who pushes must send credentials, if only none."""


class Images(Base):
    def image(self, ref: str) -> ObservedImage | None:
        return self.inspect_images([ref]).get(ref)

    def inspect_images(self, refs: Iterable[str]) -> dict[str, ObservedImage]:
        asked = tuple(dict.fromkeys(filter(can_be_image, refs)))
        answers = self._wire.ask(map(of_image, asked))
        return {
            ref: inspected_image(answer)
            for ref, answer in zip(asked, answers, strict=True)
            if not gone(answer)
        }

    def _login(self, ref: str, report: Report = lambda progress: None) -> dict[str, str]:
        """Return the header that says who we are at the registry of `ref`."""
        from composer.engine.docker.registry import pull_headers

        address = self._wire.address
        return pull_headers(address.config, ref, report, address.credentials)

    def layers(self, image: str) -> tuple[Layer, ...]:
        with suppress(NotFound):
            return tuple(
                Layer(
                    made_by=json.get("CreatedBy") or "",
                    size=int(json.get("Size") or 0),
                    created=max(int(json.get("Created") or 0), 0),
                    tags=tuple(json.get("Tags") or ()),
                    comment=json.get("Comment") or "",
                )
                for json in self._wire.get(f"/images/{image}/history", asked=f"image {image}")
            )
        return ()

    def registry_digest(self, ref: str) -> str:
        name = full_reference(ref)
        headers = self._login(ref)
        path = f"/distribution/{name}/json"
        try:
            answer = self._wire.get(path, headers=headers or _ANONYMOUS)
        except EngineUnavailable:
            raise
        except EngineError as error:
            raise registry_refusal(ref, error.message) from error
        return str(answer["Descriptor"]["digest"])

    def labelled_images(self, label: str) -> tuple[ObservedImage, ...]:
        found = self._wire.get("/images/json", {"filters": {"label": [label]}})
        return tuple(
            replace(
                listed_image(json),
                size=int(json.get("Size") or 0),
                created=int(json.get("Created") or 0),
                parent=json.get("ParentId") or "",
            )
            for json in found
        )

    def registries(self) -> KnownRegistries:
        from composer.model.reference import KnownRegistries

        known = self._wire.get("/info").get("RegistryConfig") or {}
        indexes = known.get("IndexConfigs") or {}
        return KnownRegistries(
            mirrors=tuple(known.get("Mirrors") or ()),
            plain=tuple(name for name, one in sorted(indexes.items()) if not one.get("Secure")),
        )

    def pull(self, ref: str, platform: str | None, report: Report, *, dated: bool = False) -> None:
        """Pull; most engines know of no pull when it was, so one that is dated is tagged anew."""
        name, tag = _name_and_tag(ref)
        params = {"fromImage": name, "tag": tag, "platform": platform}
        headers = self._login(ref, report)
        self._transfer("/images/create", params, headers, ref, report)
        if dated and "@" not in ref:
            path, again = f"/images/{name}:{tag}/tag", {"repo": name, "tag": tag}
            self._until_answered(lambda lost: self._wire.post(path, again, asked=f"image {ref}"))

    def push(self, ref: str, report: Report) -> None:
        name, tag = _name_and_tag(ref)
        headers = self._login(ref, report) or _ANONYMOUS
        self._transfer(f"/images/{name}/push", {"tag": tag}, headers, ref, report)

    def build(self, spec: BuildSpec, report: Report) -> None:
        """Build with buildx where it is installed, else with the engine's classic builder.

        DOCKER_BUILDKIT=0 asks for the classic one.
        """
        if not self.bakes():
            from composer.engine.docker.build import classic_build

            _chosen([spec], "the classic builder", lambda _, told: report(told))
            classic_build(self._wire, spec, report, self._builds)
        elif spec.check:
            self._buildx().check(spec, report)
        else:
            errors: list[BaseException | None] = []
            self.bake([spec], lambda _, told: report(told), lambda _, error: errors.append(error))
            if errors and errors[0]:
                raise errors[0]

    def bakes(self) -> bool:
        return self._buildx().available()

    def bake(
        self,
        specs: Sequence[BuildSpec],
        report: Callable[[BuildSpec, Progress], None],
        ended: Callable[[BuildSpec, BaseException | None], None],
    ) -> None:
        builder = self._environment.get("BUILDX_BUILDER")
        name = f"BuildKit: builder {builder!r}" if builder else "BuildKit"
        _chosen(specs, name, report)
        self._buildx().bake(specs, self._platforms, report, ended)

    def let_builds_go(self) -> None:
        self._builds.break_off()

    def nameless_images(self, project: str) -> tuple[str, ...]:
        filters = {"dangling": ["true"], "label": [f"{Label.PROJECT}={project}"]}
        found = self._wire.get("/images/json", {"filters": filters})
        return tuple(sorted(str(json["Id"]) for json in found))

    def tag_image(self, ref: str, name: str) -> None:
        repository, tag = _name_and_tag(name)
        path, params = f"/images/{ref}/tag", {"repo": repository, "tag": tag}
        self._until_answered(lambda lost: self._wire.post(path, params, asked=f"image {ref}"))

    def remove_image(self, ref: str) -> None:
        """Remove an image; one that is gone already is fine."""
        path, asked = f"/images/{ref}", f"image {ref}"
        with suppress(NotFound):
            self._until_answered(lambda lost: self._wire.delete(path, asked=asked))

    def _buildx(self) -> Buildx:
        from composer.engine.buildx import Buildx

        directory = config_directory(self._environment)
        return Buildx(self._environment, directory, read_settings(directory), self._builds)

    def _platforms(self) -> Platforms:
        from composer.engine.buildx import Platforms

        version, info = self._wire.get("/version"), self._wire.get("/info")
        kept = str(dict(info.get("DriverStatus") or ()).get("driver-type") or "")
        own = f"{version['Os']}/{version['Arch']}"
        return Platforms(own, several=kept.startswith("io.containerd."))

    def _transfer(
        self,
        path: str,
        params: Mapping[str, object],
        headers: Mapping[str, str],
        ref: str,
        report: Report,
    ) -> None:
        """Pull or push; layers that have arrived are not moved again.

        What the registry, or the way to it, breaks off is tried again after a while.
        """
        moved = False

        def attempt(lost: bool) -> None:
            nonlocal moved
            try:
                download = self._wire.open("POST", path, params, headers=headers)
            except (EngineUnavailable, AnswerLost):
                raise
            except EngineError as error:
                raise registry_refusal(ref, error.message) from error
            for line in json_lines(download):
                if message := error_in(line):
                    download.close()
                    raise registry_refusal(ref, message, moved=moved)
                if status := line.get("status"):
                    progress = _progress(str(status), line)
                    moved = moved or bool(progress.current)
                    report(progress)

        begun = time.monotonic()
        for pause in _PAUSES:
            try:
                return self._until_answered(attempt)
            except BrokenOff as error:
                if time.monotonic() - begun > _TRIED:
                    raise
                report(Progress(f"broken off, to be tried again: {error.message}"))
                time.sleep(pause)
        return self._until_answered(attempt)


def _chosen(
    specs: Sequence[BuildSpec], builder: str, report: Callable[[BuildSpec, Progress], None]
) -> None:
    """Say who builds, unless nobody wants to hear of it."""
    for spec in specs:
        if not spec.quiet:
            report(spec, Progress(f"with {builder}"))


def error_in(line: Mapping[str, Any]) -> str:
    """Return the error that a line of a progress stream carries, "" for none."""
    detail = line.get("errorDetail") or {}
    return str(detail.get("message") or line.get("error") or "")


def _progress(status: str, line: Mapping[str, Any]) -> Progress:
    part = str(line.get("id") or "")
    detail = line.get("progressDetail") or {}
    return Progress(
        status,
        part=part if re.fullmatch("[0-9a-f]{12}", part) else "",
        current=int(detail.get("current") or 0),
        total=int(detail.get("total") or 0),
    )


def _name_and_tag(ref: str) -> tuple[str, str]:
    """Return repository and tag or digest: what the engine wants apart."""
    if "@" in ref:
        name, _, digest = ref.partition("@")
        name = full_reference(name).rpartition(":")[0]
        return familiar(name), digest
    name, _, tag = full_reference(ref).rpartition(":")
    return familiar(name), tag
