"""The archive's side of the work: plan, keys, journals, manifest, lock."""

from .files import (
    canonical_json,
    escape_tsv,
    read_json,
    temporary_beside,
    unescape_tsv,
    write_atomic,
    write_json,
    write_json_if_changed,
)
from .journal import Journal, is_intact, stamp
from .keys import digest, make_key, path_digest, sha256_file

__all__ = [
    "Journal",
    "canonical_json",
    "digest",
    "escape_tsv",
    "is_intact",
    "make_key",
    "path_digest",
    "read_json",
    "sha256_file",
    "stamp",
    "temporary_beside",
    "unescape_tsv",
    "write_atomic",
    "write_json",
    "write_json_if_changed",
]
