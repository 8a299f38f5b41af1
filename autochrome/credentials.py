"""C2PA content credentials: a signed statement in a result of what it was made from, and how.

The original is the parent ingredient; the action says that a trained model changed its colours.
Signed last, read back at once. Nothing here asks the network: no time-stamp, no remote manifest,
no revocation list. What is signed differs at every signing (C2PA wants random identifiers).

The C2PA 2.1 specification, https://spec.c2pa.org; the library is c2pa-python.
"""

import datetime
import json
import os
from pathlib import Path
from typing import Any

from .archive import sha256_file, temporary_beside, write_atomic
from .errors import ConfigError, ItemError
from .mark import NEWS_CODES, statement

FORMS = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
}
"""What can be signed: the type that C2PA knows it by, by the suffix of our results."""

SIGNED = "C2PA, read back"
"""What a record says of a result that was signed."""

TEST = "test"
UNSIGNED = "Look at the certificate, or set credentials.certificate to null."
_TEST_FOLDER = Path("state/test-credentials")
_TEST_DAYS = 3650
_INSTALL = "Install it: .venv/bin/pip install -r requirements-c2pa.txt"
_OFFLINE = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": False},
    "builder": {"thumbnail": {"enabled": False}},
}
_ANY_FORM = "application/octet-stream"
_PIXEL_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080000000"
    "03a7e9b550000000a49444154789c636000000002000148afa471"
    "0000000049454e44ae426082"
)

Credentials = dict[str, str]


def planned_credentials(wanted: dict[str, Any], results: Path) -> Credentials | None:
    """What jobs need to sign, None where nothing is to be signed.

    ``wanted`` is the setting: ``certificate`` (None, "test", or a PEM file) and ``key``. Returned
    are paths, those of the test certificate relative to ``results``, and the ``identity`` that
    results depend on. A certificate is tried. Raises ConfigError.
    """
    certificate, key = wanted["certificate"], wanted["key"]
    if certificate is None:
        if key is not None:
            raise ConfigError(
                "Setting credentials.key is given without credentials.certificate.", "Give both."
            )
        return None
    _library()
    if certificate == TEST:
        folder = _TEST_FOLDER
        paths = {"certificate": str(folder / "certificate.pem"), "key": str(folder / "key.pem")}
        return paths | {"identity": TEST}
    if key is None:
        raise ConfigError(
            "Setting credentials.certificate is given without credentials.key.",
            "Give the file of its private key, too.",
        )
    credentials = {"certificate": str(certificate), "key": str(key)}
    _try(credentials)
    return credentials | {"identity": sha256_file(Path(certificate))}


def make_test_certificate(credentials: Credentials, results: Path) -> None:
    """Make the certificate that says "test" and its key, unless they are there."""
    certificate, key = results / credentials["certificate"], results / credentials["key"]
    if certificate.is_file() and key.is_file():
        return
    chain, private = _new_test_chain()
    certificate.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600))
    key.write_bytes(private)
    write_atomic(certificate, chain)


def sign(
    part: Path, form: str, original: Path, original_form: str, title: str, made: dict[str, str],
    credentials: Credentials,
) -> None:  # fmt: skip
    """Sign the file ``part`` of the type ``form``, in place, and read its credentials back.

    ``original`` is what it was made from; ``made`` says how: the facts of the mark. Raises
    ItemError if it cannot be signed.
    """
    c2pa = _library()
    signed = temporary_beside(part)
    try:
        builder = _builder(_manifest(form, title, made), original, original_form)
        with open(part, "rb") as file, open(signed, "w+b") as out:
            builder.sign(_signer(credentials), form, file, out)
        fault = fault_of(signed, form)
        if fault is not None:
            raise ItemError(f"Its content credentials are not valid: {fault}.", UNSIGNED)
        os.replace(signed, part)
    except c2pa.C2paError as error:
        raise ItemError(f"It cannot be signed: {_on_one_line(error)}.", UNSIGNED) from error
    finally:
        signed.unlink(missing_ok=True)


def _builder(manifest: dict[str, Any], original: Path, form: str) -> Any:
    c2pa = _library()
    parent = {"title": original.name, "relationship": "parentOf", "label": "original"}
    builder = c2pa.Builder(manifest, _offline())
    try:
        with open(original, "rb") as file:
            builder.add_ingredient(parent, form, file)
    except c2pa.C2paError:
        # Damaged, or not what its name says: named all the same, without what is in it.
        builder = c2pa.Builder(manifest, _offline())
        with open(original, "rb") as file:
            builder.add_ingredient(parent, _ANY_FORM, file)
    return builder


def fault_of(path: Path, form: str) -> str | None:
    """What is wrong with the credentials of a result, None if nothing.

    Raises ConfigError where the library is missing.
    """
    c2pa = _library()
    try:
        with open(path, "rb") as file, c2pa.Reader(form, file, context=_offline()) as reader:
            state = reader.get_validation_state()
            found = json.loads(reader.json())
    except c2pa.C2paError as error:
        return _on_one_line(error)
    if state not in ("Valid", "Trusted"):
        codes = [status["code"] for status in found.get("validation_status", [])]
        return ", ".join(codes) or str(state)
    manifest = found["manifests"][found["active_manifest"]]
    if not any(one["relationship"] == "parentOf" for one in manifest.get("ingredients", [])):
        return "they do not name an original"
    if "digitalSourceType" not in json.dumps(manifest["assertions"]):
        return "they do not say that a model was at work"
    return None


def _manifest(form: str, title: str, made: dict[str, str]) -> dict[str, Any]:
    agent = {"name": made["software"], "version": made["version"]}
    changed = {
        "action": "c2pa.color_adjustments",
        "softwareAgent": agent,
        "digitalSourceType": NEWS_CODES + made["digital_source_type"],
        "description": statement(made["model"], made["version"]),
        "parameters": {f"autochrome.{name}": value for name, value in made.items()},
    }
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["original"]}}
    return {
        "claim_generator_info": [agent],
        "title": title,
        "format": form,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [opened, changed]}}],
    }


def _on_one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _library() -> Any:
    try:
        import c2pa
    except ImportError as error:
        raise ConfigError("Content credentials need the library c2pa-python.", _INSTALL) from error
    return c2pa


def _offline() -> Any:
    c2pa = _library()
    return c2pa.Context(c2pa.Settings.from_dict(_OFFLINE))


def _signer(credentials: Credentials) -> Any:
    c2pa = _library()
    chain, key = (Path(credentials[name]).read_bytes() for name in ("certificate", "key"))
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(_algorithm(key), chain, key, None))


def _algorithm(key: bytes) -> str:
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


def _try(credentials: Credentials) -> None:
    """Sign a picture of one pixel. Raises ConfigError, saying what is wrong."""
    import io

    c2pa = _library()
    names = f"{credentials['certificate']} and {credentials['key']}"
    try:
        signer = _signer(credentials)
        created = {"action": "c2pa.created", "digitalSourceType": f"{NEWS_CODES}digitalArt"}
        actions = {"label": "c2pa.actions.v2", "data": {"actions": [created]}}
        manifest = {"title": "trial", "format": "image/png", "assertions": [actions]}
        signed = io.BytesIO()
        c2pa.Builder(manifest, _offline()).sign(signer, "image/png", io.BytesIO(_PIXEL_PNG), signed)
        signed.seek(0)
        with c2pa.Reader("image/png", signed, context=_offline()) as reader:
            if reader.get_validation_state() not in ("Valid", "Trusted"):
                raise ValueError("what they sign is not valid")
    except OSError as error:
        raise ConfigError(
            f"{error.filename} cannot be read: {error.strerror}.",
            "Correct credentials.certificate and credentials.key.",
        ) from error
    except (c2pa.C2paError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{names} cannot sign: {_on_one_line(error)}.",
            "They are PEM files: a certificate for signing, behind it those of its issuers, and "
            "its private key without a password. The certificate must be valid today.",
        ) from error


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
