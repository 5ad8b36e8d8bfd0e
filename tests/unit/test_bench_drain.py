"""The measure of what is drained, in small."""

from pathlib import Path

from scripts.bench_drain import drain

NUMBER = 12  # jobs; more than there are places


async def test_jobs_of_which_nothing_is_asked_end_with_a_result_each(tmp_path: Path) -> None:
    """All of them used to fail: the line did not hand on what the worker keeps."""
    seconds, results = await drain(tmp_path, NUMBER)
    assert results == NUMBER and seconds > 0
