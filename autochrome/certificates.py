"""Certificates for content credentials: what a key signs with, and one for tests.

``cryptography`` comes with c2pa-python, so it is loaded where it is used.
"""

import datetime
import os
from pathlib import Path

from .archive import write_atomic

_TEST_DAYS = 3650


def make_test_certificate(credentials: dict[str, str], results: Path) -> None:
    """Make the test certificate and its key below ``results``, unless they are there.

    ``credentials`` are their planned places, ``certificate`` and ``key``.
    """
    certificate, key = results / credentials["certificate"], results / credentials["key"]
    if certificate.is_file() and key.is_file():
        return
    chain, private = _new_test_chain()
    certificate.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600))
    key.write_bytes(private)
    write_atomic(certificate, chain)


def algorithm_of(key: bytes) -> str:
    """C2PA's name of what a private key signs with. Raises ValueError, TypeError."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    private = load_pem_private_key(key, None)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(private, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(private, ec.EllipticCurvePrivateKey):
        names = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
        return names[private.curve.name]
    raise ValueError(f"C2PA knows no {type(private).__name__}")


def _new_test_chain() -> tuple[bytes, bytes]:
    """A root and a certificate for signing (PEM, the latter first), and its private key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def certificate(name: str, public, issuer: str, issuer_key, extra) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(issuer))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=_TEST_DAYS))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
            )
        )
        for extension, is_critical in extra:
            builder = builder.add_extension(extension, is_critical)
        return builder.sign(issuer_key, hashes.SHA256())

    def named(name: str) -> x509.Name:
        whole = {NameOID.ORGANIZATION_NAME: "Autochrome test", NameOID.COMMON_NAME: name}
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in whole.items()])

    def usage(signs: bool) -> x509.KeyUsage:
        return x509.KeyUsage(signs, False, False, False, False, not signs, not signs, False, False)

    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, name = "Nobody vouches for this root", "Nobody vouches for this signer"
    root = certificate(
        root_name,
        root_key.public_key(),
        root_name,
        root_key,
        [(x509.BasicConstraints(True, None), True), (usage(False), True)],
    )
    leaf = certificate(
        name,
        key.public_key(),
        root_name,
        root_key,
        [
            (x509.BasicConstraints(False, None), True),
            (usage(True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
        ],
    )
    chain = leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return chain, private
