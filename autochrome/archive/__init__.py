"""The archive's side of the work: scan, keys, journals, manifest, pruning, lock."""

from .files import (
    canonical_json,
    escape_tsv,
    name_of_copy,
    read_json,
    remove_leftovers,
    set_back_to_now,
    temporary_beside,
    unescape_tsv,
    write_atomic,
    write_json,
    write_json_if_changed,
)
from .journal import Journal, is_intact, stamp
from .keys import bucket_bits, digest, make_key, path_digest, sha256_file
from .lock import ResultsBusyError, RunLock
from .manifest import (
    MANIFEST,
    beside,
    failed_row,
    gather,
    manifest_rows,
    read_manifest,
    write_manifest,
    write_provenance,
)
from .prune import PruneOutcome, known_before, prune
from .recognise import HEAD_BYTES, recognise
from .scan import RESULTS_MARK, Entry, Scan, recall, remember, scan_archive
from .sources import changed_while_read, copy_source, hash_source, open_source
from .verify import verify_results

__all__ = [
    "HEAD_BYTES",
    "MANIFEST",
    "RESULTS_MARK",
    "Entry",
    "Journal",
    "PruneOutcome",
    "ResultsBusyError",
    "RunLock",
    "Scan",
    "beside",
    "bucket_bits",
    "canonical_json",
    "changed_while_read",
    "copy_source",
    "digest",
    "escape_tsv",
    "failed_row",
    "gather",
    "hash_source",
    "is_intact",
    "known_before",
    "make_key",
    "manifest_rows",
    "name_of_copy",
    "open_source",
    "path_digest",
    "prune",
    "read_json",
    "read_manifest",
    "recall",
    "recognise",
    "remember",
    "remove_leftovers",
    "scan_archive",
    "set_back_to_now",
    "sha256_file",
    "stamp",
    "temporary_beside",
    "unescape_tsv",
    "write_atomic",
    "write_json",
    "write_json_if_changed",
    "verify_results",
    "write_manifest",
    "write_provenance",
]
