"""A certificate for the LAN, issued by the platform's own authority: browsers seal only on https or localhost."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.adapters.keystore import load_keys
from app.config import Settings
from app.database import system_clock

VALID = timedelta(days=397)
ELSEWHERE = ("192.0.2.1", 9)  # an address of documentation (RFC 5737), at which nobody is


def server_names(settings: Settings) -> list[str]:
    """Names and addresses under which this machine may be reached, the one of the site's address among them."""
    names = {"localhost", "127.0.0.1", settings.host, socket.gethostname(), urlsplit(settings.base_url).hostname or ""}
    with contextlib.suppress(OSError):  # a machine without a name of its own in any directory
        names |= {str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect(ELSEWHERE)  # sends nothing, but tells which address of ours leads out
        names.add(line.getsockname()[0])
    return sorted(name for name in names if name and name != "0.0.0.0")  # noqa: S104  only compared


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def make_server_certificate(settings: Settings) -> tuple[Path, Path]:
    """Files of certificate and key, fresh at each start; its issuer is `keys/authority.crt`, to be trusted once."""
    keys, now = load_keys(settings.keys), system_clock()
    issuer = x509.load_pem_x509_certificate(keys.authority.certificate_pem.encode())
    signer = serialization.load_pem_private_key(keys.authority.key_pem.encode(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key, names = ec.generate_private_key(ec.SECP256R1()), server_names(settings)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    paths = settings.keys / "server.crt", settings.keys / "server.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    descriptor = os.open(paths[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return paths
