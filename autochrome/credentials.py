"""C2PA content credentials: a signed statement in a result of what it was made from, and how.

The original is the parent ingredient; the action says that a trained model changed its colours.
Signed last, read back at once. Nothing here asks the network: no time-stamp, no remote manifest,
no revocation list. What is signed differs at every signing (C2PA wants random identifiers).

The C2PA 2.1 specification, https://spec.c2pa.org; the library is c2pa-python.
"""

import json
import os
from pathlib import Path
from typing import Any

from .archive import sha256_file, temporary_beside
from .certificates import algorithm_of
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


def why_unsigned(suffix: str) -> str:
    """What a record says of a result of this suffix that C2PA does not know; "" if it does."""
    return "" if suffix in FORMS else f"none: C2PA knows no {suffix[1:].upper()}"


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
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(algorithm_of(key), chain, key, None))


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
