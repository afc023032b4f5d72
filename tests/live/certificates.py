"""A certificate authority of the tests' own, a server's certificate, and a service account's key."""

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

VALID_FROM, VALID_FOR = datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=36_500)
PEM, PKCS8, OPEN = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()


def make_certificates(folder: Path) -> tuple[Path, bytes, bytes]:
    """The authority's certificate in `folder`; the private key and certificate (PEM) of a server at 127.0.0.1."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the tests")])
    authority = _begin(name, authority_key.public_key(), name).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    ).sign(authority_key, hashes.SHA256())  # fmt: skip
    served = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    places = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")])
    certificate = _begin(served, key.public_key(), name).add_extension(places, critical=False)
    path = folder / "authority.pem"
    path.write_bytes(authority.public_bytes(PEM))
    signed = certificate.sign(authority_key, hashes.SHA256()).public_bytes(PEM)
    return path, key.private_bytes(PEM, PKCS8, OPEN), signed


def _begin(subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: x509.Name) -> x509.CertificateBuilder:
    begun = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    until = VALID_FROM + VALID_FOR
    return begun.serial_number(x509.random_serial_number()).not_valid_before(VALID_FROM).not_valid_after(until)


def write_account(path: Path, token_uri: str) -> None:
    """A service account's file, whose tokens come from `token_uri`."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048).private_bytes(PEM, PKCS8, OPEN)
    account = {
        "type": "service_account",
        "project_id": "of-the-file",
        "private_key_id": "1",
        "private_key": key.decode(),
        "client_email": "tests@of-the-file.example",
        "client_id": "1",
        "token_uri": token_uri,
    }
    path.write_text(json.dumps(account))
