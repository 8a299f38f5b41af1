"""Every chunk is in one job; a job waits for all that lies beside its chunks."""

from hypothesis import given
from hypothesis import strategies as st

from autochrome.plan.spans import chunks_of, jobs_near, last_chunks, span_for

COUNTS = st.integers(1, 60)


@given(COUNTS, COUNTS)
def test_every_chunk_is_in_one_job(chunks, span):
    done = [number for job in last_chunks(chunks, span) for number in chunks_of(span, job)]
    assert done == list(range(chunks))


@given(COUNTS, COUNTS)
def test_a_job_waits_for_those_that_do_the_chunks_beside_its_own(chunks, span):
    for job in last_chunks(chunks, span):
        near = {n for j in jobs_near(chunks, span, job) for n in chunks_of(span, j)}
        mine = chunks_of(span, job)
        assert near >= {n for n in (mine.start - 1, *mine, job + 1) if 0 <= n < chunks}
        assert len(jobs_near(chunks, span, job)) <= 3


def test_only_very_large_archives_have_jobs_of_several_chunks():
    assert span_for([]) == span_for([1]) == span_for([500, 500]) == 1
    assert span_for([90] * 300) > 1
