"""Makes a network ready without a run: ``python -m autochrome.models NAME``.

What `rule fetch_model` and `rule convert_model` do, for one network, on a machine that has a
network connection and time. Of the embedded network it measures the forms after its files were
exported anew. Prints the record.
"""

import argparse
import sys

from ..archive import sha256_file
from ..errors import AutochromeError
from .fetch import default_folders
from .forms import record_of
from .jobs import convert_job, fetch_job, fetched_file, planned_model, ready_file
from .prepare import make_ready
from .registry import find_model


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m autochrome.models", description=__doc__)
    parser.add_argument("name", help="of models/registry.yaml or config/models.yaml")
    parser.add_argument("--accept-unknown", action="store_true")
    arguments = parser.parse_args()
    folders = default_folders()
    try:
        model = find_model(arguments.name)
        if model.is_embedded:
            make_ready(model, [], sha256_file(model.path), folders.converted)
        else:
            planned_model(model.name)
            fetched = fetched_file(model, folders)
            fetch_job(model.name, fetched, arguments.accept_unknown)
            convert_job(fetched, ready_file(model, folders))
    except AutochromeError as error:
        sys.exit(str(error))
    print(record_of(model, folders.converted).read_text(), end="")


if __name__ == "__main__":
    main()
