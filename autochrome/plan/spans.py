"""How many chunks of films a job does: one, unless the archive has very many.

Chunks are what is done again and what runs side by side; a job is what the workflow keeps in its
books. The chunks keep their own keys and done files, so that the spans can change at any time.
"""

from collections.abc import Iterable

_MOST_JOBS = 4000


def span_for(chunks: Iterable[int]) -> int:
    """Chunks a job, for films of so many chunks."""
    return -(-sum(chunks) // _MOST_JOBS) or 1


def last_chunks(chunks: int, span: int) -> list[int]:
    """The last chunk of every span of a film, by which its job is named.

    >>> last_chunks(7, 3)
    [2, 5, 6]
    """
    return [min(start + span, chunks) - 1 for start in range(0, chunks, span)]


def chunks_of(span: int, job: int) -> range:
    """The chunks of the job that is named by its last one.

    >>> chunks_of(3, 6)
    range(6, 7)
    """
    return range(job // span * span, job + 1)


def jobs_near(chunks: int, span: int, job: int) -> list[int]:
    """The jobs that do the chunks of one job, or a chunk beside them.

    >>> jobs_near(7, 3, 2)
    [2, 5]
    """
    mine = chunks_of(span, job)
    first, last = max(0, mine.start - 1), min(chunks - 1, job + 1)
    return [j for j in last_chunks(chunks, span) if j >= first and j // span * span <= last]
