"""Fixtures that several rooms' tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No test depends on time, and every run tries the same examples.
settings.register_profile("autochrome", deadline=None, derandomize=True)
settings.load_profile("autochrome")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def media() -> Path:
    """A folder of real films and photographs that is not part of the project, where it exists."""
    folder = Path(os.environ.get("AUTOCHROME_MEDIA", REPOSITORY.parent / "shared" / "media"))
    if not folder.is_dir():
        pytest.skip("no folder of further media here (AUTOCHROME_MEDIA)")
    return folder
