from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from composer.engine.docker.address import Tls, resolve
from composer.errors import EngineError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the docker contexts `far` (ssh) and `secure` (TLS)."""
    make_context(tmp_path, "far", {"Host": "ssh://me@far"})
    make_context(tmp_path, "secure", {"Host": "tcp://secure:2376", "SkipTLSVerify": False})
    certificates = tmp_path / ".docker" / "contexts" / "tls" / digest("secure") / "docker"
    certificates.mkdir(parents=True)
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (certificates / name).touch()
    return tmp_path


def digest(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def make_context(home: Path, name: str, endpoint: dict[str, Any]) -> None:
    directory = home / ".docker" / "contexts" / "meta" / digest(name)
    directory.mkdir(parents=True)
    meta = {"Name": name, "Endpoints": {"docker": endpoint}}
    (directory / "meta.json").write_text(json.dumps(meta))


def settings(home: Path, **values: Any) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps(values))


def test_the_default_is_dockers_socket(tmp_path: Path) -> None:
    address = resolve({"HOME": str(tmp_path)})

    assert (address.url, address.origin) == ("unix:///var/run/docker.sock", "the default")
    assert address.config == str(tmp_path / ".docker")


def test_docker_host_names_the_address(home: Path) -> None:
    settings(home, currentContext="far")

    address = resolve({"HOME": str(home), "DOCKER_HOST": "tcp://there:2375"})

    assert (address.url, address.tls, address.origin) == (
        "tcp://there:2375",
        None,
        "from DOCKER_HOST",
    )


def test_docker_host_wins_over_docker_context(home: Path) -> None:
    environment = {"HOME": str(home), "DOCKER_HOST": "tcp://there:1", "DOCKER_CONTEXT": "far"}

    assert resolve(environment).url == "tcp://there:1"


def test_what_is_asked_for_wins_over_every_variable(home: Path) -> None:
    environment = {"HOME": str(home), "DOCKER_HOST": "tcp://there:1", "DOCKER_CONTEXT": "far"}

    assert resolve(environment, host="unix:///x.sock").url == "unix:///x.sock"
    assert resolve(environment, context="far").url == "ssh://me@far"
    assert resolve(environment, context="default").url == "unix:///var/run/docker.sock"


def test_docker_context_wins_over_the_current_context(home: Path) -> None:
    settings(home, currentContext="secure")

    assert resolve({"HOME": str(home)}).url == "tcp://secure:2376"
    assert resolve({"HOME": str(home), "DOCKER_CONTEXT": "far"}).url == "ssh://me@far"


def test_a_context_brings_its_certificates(home: Path) -> None:
    tls = resolve({"HOME": str(home)}, context="secure").tls

    assert tls is not None
    assert tls.verify
    assert [Path(name or "").name for name in (tls.ca, tls.cert, tls.key)] == [
        "ca.pem",
        "cert.pem",
        "key.pem",
    ]


def test_a_context_that_does_not_exist_is_an_error(home: Path) -> None:
    with pytest.raises(EngineError, match="docker context 'nowhere' does not exist"):
        resolve({"HOME": str(home)}, context="nowhere")


def test_a_broken_configuration_is_as_none(tmp_path: Path) -> None:
    settings(tmp_path)
    (tmp_path / ".docker" / "config.json").write_text("{nonsense")

    assert resolve({"HOME": str(tmp_path)}).url == "unix:///var/run/docker.sock"


def test_tls_is_verified_when_the_variable_says_so(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    environment = {
        "DOCKER_HOST": "tcp://there:2376",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(tmp_path),
    }

    assert resolve(environment).tls == Tls(ca=str(tmp_path / "ca.pem"), verify=True)


def test_tls_alone_believes_any_engine(tmp_path: Path) -> None:
    environment = {
        "DOCKER_HOST": "tcp://there:2376",
        "DOCKER_TLS": "1",
        "DOCKER_CERT_PATH": str(tmp_path),
    }

    assert resolve(environment).tls == Tls(verify=False)


def test_an_address_may_leave_out_its_kind() -> None:
    assert resolve({}, host="there:2375").url == "tcp://there:2375"
    assert resolve({}, host="/run/x.sock").url == "unix:///run/x.sock"


def test_an_address_of_no_known_kind_is_an_error() -> None:
    with pytest.raises(EngineError, match=r"'ftp://x' \(from --host\) is of no known kind"):
        resolve({}, host="ftp://x")


def test_the_docker_program_is_pointed_at_the_same_engine(home: Path) -> None:
    environment = {"HOME": str(home)}

    assert resolve(environment, host="tcp://x:1").variables == {
        "DOCKER_HOST": "tcp://x:1",
        "DOCKER_CONTEXT": "",
    }
    assert resolve(environment, context="far").variables == {
        "DOCKER_HOST": "",
        "DOCKER_CONTEXT": "far",
    }


def test_headers_of_the_configuration_are_sent(tmp_path: Path) -> None:
    settings(tmp_path, HttpHeaders={"X-Token": "t"})

    assert resolve({"HOME": str(tmp_path)}).headers == {"X-Token": "t"}


PROXIES = {
    "default": {
        "httpProxy": "http://p:1",
        "httpsProxy": "",
        "noProxy": "a,b",
        "allProxy": "socks://p",
    },
    "tcp://there:2375": {"ftpProxy": "ftp://p:2"},
}


def test_proxies_of_the_configuration_are_called_by_both_names(tmp_path: Path) -> None:
    settings(tmp_path, proxies=PROXIES)

    assert resolve({"HOME": str(tmp_path)}).proxies == {
        "ALL_PROXY": "socks://p",
        "HTTP_PROXY": "http://p:1",
        "NO_PROXY": "a,b",
        "all_proxy": "socks://p",
        "http_proxy": "http://p:1",
        "no_proxy": "a,b",
    }


def test_an_engine_may_have_proxies_of_its_own(tmp_path: Path) -> None:
    settings(tmp_path, proxies=PROXIES)

    there = resolve({"HOME": str(tmp_path), "DOCKER_HOST": "tcp://there:2375"})

    assert there.proxies == {"FTP_PROXY": "ftp://p:2", "ftp_proxy": "ftp://p:2"}


@pytest.mark.parametrize("proxies", [None, [], {"default": None}, {"default": "p"}])
def test_proxies_that_make_no_sense_are_none(tmp_path: Path, proxies: object) -> None:
    settings(tmp_path, proxies=proxies)

    assert resolve({"HOME": str(tmp_path)}).proxies == {}
