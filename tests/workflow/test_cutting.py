"""How the work is cut never shows: cores, batches, chunks of films, this machine or a cluster."""

import av
import pytest

from tests.workflow.conftest import CUT

LOSSLESS = "films={{chunk_seconds: {}, preset: archive, effort: null}}"


def batches(workspace):
    return sum(job.startswith("photos/") for job in workspace.jobs)


def chunks(workspace):
    """The chunks of the film that were encoded; where the index found no cut they are empty."""
    return sum("/encode-" in job for job in workspace.jobs)


def test_the_archive_has_something_of_everything(whole):
    assert {source: row["status"] for source, row in whole.rows().items()} == {
        "astronaut.jpg": "coloured",
        "cat.png": "coloured",
        "coffee.tif": "coloured",
        "rocket.webp": "coloured",
        "mirrored.jpg": "coloured",
        "sepia.jpg": "coloured",
        "in colour.jpg": "left_colour",
        "cut short.jpg": "partial",
        "no picture.png": "failed",
        "reel.mp4": "coloured",
    }
    assert (batches(whole), chunks(whole)) == (1, 2)


@pytest.mark.parametrize(("cores", "batch_size"), [(1, 1), (2, 3)])
def test_cores_and_batches_do_not_show(whole, again, cores, batch_size):
    settings = (f"photos={{batch_size: {batch_size}}}", "failures=accept", CUT)
    again.run("--cores", str(cores), *settings)
    assert batches(again) > batches(whole)
    assert again.contents() == whole.contents()


def test_chunks_do_not_show_in_a_lossless_film(again):
    seen, counts = [], []
    for seconds in (2, 7, 60):
        again.run("failures=accept", LOSSLESS.format(seconds))
        counts.append(chunks(again))
        seen.append(frames(again.results / again.rows()["reel.mp4"]["result"]))
    assert counts == [7, 2, 1]
    assert len(seen[0]) == 360
    assert seen[0] == seen[1] == seen[2]


def frames(path):
    """Time, format and all planes of every decoded frame."""
    with av.open(str(path)) as container:
        return [
            (frame.pts * frame.time_base, frame.format.name, *map(bytes, frame.planes))
            for frame in container.decode(video=0)
        ]
