"""Certificates for servers under test."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["make_certificate"]


def make_certificate(directory: Path, name: str) -> None:
    """Write key.pem and certificate.pem for one name, as in `DNS:localhost`; skip the test where that can't be done."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command, to make a certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        + ["-addext", f"subjectAltName={name}", "-keyout", "key.pem", "-out", "certificate.pem"],
        cwd=directory,
        check=True,
        capture_output=True,
    )
