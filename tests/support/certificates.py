"""A certificate authority for tests: what an engine and its clients show each other."""

from __future__ import annotations

import subprocess
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    """Has `ca.pem` in `directory`, and puts there what it issues."""

    def __init__(self, directory: Path, name: str = "ca") -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.certificate, self._key = directory / "ca.pem", directory / "ca-key.pem"
        self._openssl(
            *("req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN={name}"),
            *("-keyout", self._key, "-out", self.certificate),
        )

    def issue(self, name: str, *, names: str = "IP:127.0.0.1", days: int = 2) -> Path:
        """Make NAME-cert.pem and NAME-key.pem; with -1 day the certificate has expired."""
        key, asked = self.directory / f"{name}-key.pem", self.directory / f"{name}.csr"
        certificate = self.directory / f"{name}-cert.pem"
        extensions = self.directory / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n")
        self._openssl("req", *_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", asked)
        self._openssl(
            *("x509", "-req", "-in", asked, "-CA", self.certificate, "-CAkey", self._key),
            *("-CAcreateserial", "-days", days, "-extfile", extensions, "-out", certificate),
        )
        return certificate

    def for_client(self, directory: Path, name: str = "client") -> Path:
        """Fill a directory as DOCKER_CERT_PATH has it: ca.pem, cert.pem and key.pem."""
        directory.mkdir(parents=True, exist_ok=True)
        certificate = self.issue(name)
        for source, target in (
            (self.certificate, "ca.pem"),
            (certificate, "cert.pem"),
            (key_of(certificate), "key.pem"),
        ):
            (directory / target).write_bytes(source.read_bytes())
        return directory

    @staticmethod
    def _openssl(*words: object) -> None:
        done = subprocess.run(
            ("openssl", *map(str, words)), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def key_of(certificate: Path) -> Path:
    return certificate.with_name(certificate.name.replace("-cert", "-key"))
