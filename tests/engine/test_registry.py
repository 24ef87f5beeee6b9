from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from composer.engine.docker import registry
from composer.errors import EngineError
from composer.model.events import Progress
from composer.model.reference import Login


def settings(directory: Path, **values: Any) -> str:
    (directory / "config.json").write_text(json.dumps(values))
    return str(directory)


def auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def pull_headers(config: str, ref: str) -> dict[str, str]:
    return registry.pull_headers(config, ref, lambda progress: None)


def build_headers(config: str) -> dict[str, str]:
    return registry.build_headers(config, lambda progress: None)


def decoded(headers: dict[str, str]) -> Any:
    (value,) = headers.values()
    return json.loads(base64.urlsafe_b64decode(value))


def test_without_credentials_nothing_is_sent(tmp_path: Path) -> None:
    assert pull_headers(str(tmp_path), "busybox") == {}
    assert pull_headers(settings(tmp_path, currentContext="x"), "busybox") == {}
    assert build_headers(str(tmp_path)) == {}


def test_all_credentials_are_one_file_that_needs_no_helper(tmp_path: Path) -> None:
    auths = {"b.example": auth("me", "secret"), "a.example": {"identitytoken": "t"}}
    config = settings(tmp_path, auths=auths, credsStore="not-installed", HttpHeaders={"X": "y"})
    written = json.loads(registry.credentials_file(config))
    assert list(written) == ["auths"]
    assert written["auths"]["b.example"] == auth("me", "secret")
    assert written["auths"]["a.example"]["identitytoken"] == "t"


def test_without_credentials_the_file_is_as_the_docker_program_writes_it(tmp_path: Path) -> None:
    assert registry.credentials_file(str(tmp_path)) == '{\n\t"auths": {}\n}'


def test_who_we_are_at_a_registry_is_what_docker_login_left(tmp_path: Path) -> None:
    hub = "https://index.docker.io/v1/"
    token = {"auth": auth("<token>", ""), "identitytoken": "t0ken"}
    config = settings(tmp_path, auths={"registry.example": auth("me", "s3cret"), hub: token})

    def login(registry_name: str) -> Login | None:
        return registry.login(config, registry_name, lambda progress: None)

    assert login("registry.example") == Login(username="me", password="s3cret")
    found = login("docker.io")
    assert found is not None
    assert found.token == "t0ken"
    assert login("other.example") is None
    assert registry.login(str(tmp_path / "none"), "docker.io", lambda progress: None) is None


def test_the_credentials_of_the_images_registry_are_sent(tmp_path: Path) -> None:
    config = settings(tmp_path, auths={"registry.example:5000": auth("me", "s3cret")})

    sent = decoded(pull_headers(config, "registry.example:5000/app:1"))

    assert (sent["username"], sent["password"]) == ("me", "s3cret")
    assert pull_headers(config, "other.example/app") == {}
    assert pull_headers(config, "busybox") == {}


def test_docker_hub_has_credentials_under_its_old_address(tmp_path: Path) -> None:
    config = settings(tmp_path, auths={"https://index.docker.io/v1/": auth("me", "s3cret")})

    assert decoded(pull_headers(config, "me/app"))["username"] == "me"


def test_a_credential_helper_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = tmp_path / "docker-credential-test"
    answer = '{"Username": "me", "Secret": "from the helper", "ServerURL": "x"}'
    helper.write_text(f"#!/bin/sh\ncat > /dev/null\necho '{answer}'\n")
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    config = settings(tmp_path, credHelpers={"registry.example": "test"})

    sent = decoded(pull_headers(config, "registry.example/app"))

    assert sent["Password"] == "from the helper"


def test_a_helper_that_is_missing_is_warned_of_and_done_without(tmp_path: Path) -> None:
    config = settings(
        tmp_path, credsStore="composer-none", auths={"registry.example": auth("me", "s3cret")}
    )
    heard: list[Progress] = []

    sent = decoded(registry.pull_headers(config, "registry.example/app", heard.append))

    assert sent["username"] == "me"
    assert [progress.text for progress in heard] == [
        "warning: docker-credential-composer-none is not installed: doing without its credentials"
    ]


def test_a_helper_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = tmp_path / "docker-credential-test"
    helper.write_text("#!/bin/sh\necho 'the safe is locked'; exit 1\n")
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    config = settings(tmp_path, credHelpers={"registry.example": "test"})

    with pytest.raises(EngineError, match="the safe is locked"):
        pull_headers(config, "registry.example/app")
    with pytest.raises(EngineError, match=r"credentials for the build: .*the safe is locked"):
        build_headers(settings(tmp_path, credsStore="test"))


def test_a_build_gets_the_credentials_of_every_registry(tmp_path: Path) -> None:
    config = settings(tmp_path, auths={"a.example": auth("a", "1"), "b.example": auth("b", "2")})

    sent = decoded(build_headers(config))

    assert {name: entry["username"] for name, entry in sent.items()} == {
        "a.example": "a",
        "b.example": "b",
    }


def test_credentials_of_the_variable_come_before_those_of_the_file(tmp_path: Path) -> None:
    config = settings(
        tmp_path, auths={"a.example": auth("a", "file"), "b.example": auth("b", "file")}
    )
    given = json.dumps({"auths": {"a.example": auth("a", "variable")}})

    def sent(ref: str) -> str:
        headers = registry.pull_headers(config, ref, lambda progress: None, given)
        return str(decoded(headers)["password"])

    assert (sent("a.example/app"), sent("b.example/app")) == ("variable", "file")
    everything = decoded(registry.build_headers(config, lambda progress: None, given))
    assert {name: one["password"] for name, one in everything.items()} == {
        "a.example": "variable",
        "b.example": "file",
    }
    assert registry.login(config, "a.example", lambda progress: None, given) == Login(
        username="a", password="variable"
    )
    assert json.loads(registry.credentials_file(config, given))["auths"]["a.example"] == auth(
        "a", "variable"
    )


def test_a_variable_that_is_no_json_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="DOCKER_AUTH_CONFIG is no JSON: "):
        registry.build_headers(str(tmp_path), lambda progress: None, "{nonsense")


@pytest.mark.parametrize(
    "auths", [{"x.example": {"auth": "%%%"}}, {"x.example": {"auth": "bm8="}}, {"x": []}, "x"]
)
def test_credentials_that_cannot_be_read_are_told_with_their_place(
    tmp_path: Path, auths: Any
) -> None:
    config = settings(tmp_path, auths=auths, credHelpers=[], credsStore=3)

    with pytest.raises(EngineError) as caught:
        pull_headers(config, "x.example/app")

    assert caught.value.message == f"the credentials in {tmp_path}/config.json cannot be read"
