"""Who is next, who goes together, and how few windows are shared out."""

import asyncio
from collections.abc import Iterable, Sequence
from contextvars import copy_context
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.decoding import DecodingOptions
from app.domain.jobs import Job, JobOptions, JobStatus, Priority, SourceKind
from app.domain.media import SAMPLE_RATE, AudioWindow
from app.pipeline.batches import Batches, Standing, Ticket

OPTIONS = DecodingOptions(language="en")


def lined_up(*, size: int, takers: int) -> Batches:
    """An encoder takes in what it is given, but 10 s at least."""
    return Batches(size=size, takers=takers, context=lambda window: max(10.0, window.seconds))


def in_line(
    batches: Batches,
    standing: Standing,
    *seconds: float,
    name: str = "",
    options: DecodingOptions | None = OPTIONS,
) -> None:
    for number, length in enumerate(seconds):
        window = AudioWindow(
            number=number, path=Path(name), first_sample=0, samples=round(length * SAMPLE_RATE)
        )
        ticket = Ticket(
            standing=standing,
            window=window,
            options=options,
            answer=asyncio.get_running_loop().create_future(),
            context=copy_context(),
            apart=standing.apart,
        )
        batches.put(ticket)


def joined(
    batches: Batches, priority: Priority = Priority.NORMAL, owner: str | None = None
) -> Standing:
    standing = Standing(priority=priority, owner=owner)
    batches.join(standing)
    return standing


def one_job(*seconds: float, size: int, takers: int) -> Batches:
    batches = lined_up(size=size, takers=takers)
    in_line(batches, joined(batches), *seconds)
    return batches


def numbers(batch: Iterable[Ticket]) -> list[int]:
    return [ticket.window.number for ticket in batch]


def names(batch: Iterable[Ticket]) -> str:
    """Of their jobs."""
    return "".join(str(ticket.window.path) for ticket in batch)


def all_of(batches: Batches) -> list[Sequence[Ticket]]:
    found: list[Sequence[Ticket]] = []
    while batch := batches.next():
        found.append(batch)
    return found


async def test_the_one_that_waits_longest_takes_those_of_its_context_along() -> None:
    batches = one_job(9, 3, 19, 8, 10, 18, size=3, takers=2)
    assert numbers(batches.next()) == [0, 1, 3]


async def test_every_taker_gets_its_share_of_a_few() -> None:
    batches = one_job(*[5.0] * 4, size=4, takers=2)
    assert [numbers(batch) for batch in all_of(batches)] == [[0, 1], [2, 3]]


async def test_a_few_windows_of_several_jobs_are_shared_out_too() -> None:
    batches = lined_up(size=4, takers=2)
    for name in "ab":
        in_line(batches, joined(batches), 5.0, 5.0, name=name)
    assert [len(batch) for batch in all_of(batches)] == [2, 2]


async def test_many_windows_fill_batches_and_none_is_lost() -> None:
    found = all_of(one_job(*[5.0] * 23, size=4, takers=2))
    assert [len(batch) for batch in found] == [4, 4, 4, 4, 4, 3]
    assert sorted(number for batch in found for number in numbers(batch)) == list(range(23))


async def test_windows_that_came_meanwhile_are_shared_out_anew() -> None:
    batches = lined_up(size=4, takers=2)
    standing = joined(batches)
    in_line(batches, standing, 5.0, 5.0)
    assert len(batches.next()) == 1
    in_line(batches, standing, *[5.0] * 7)
    assert len(batches.next()) == 4


async def test_without_windows_there_is_no_batch() -> None:
    assert lined_up(size=4, takers=2).next() == []


async def test_classes_go_strictly_one_after_the_other() -> None:
    batches = lined_up(size=1, takers=1)
    for name, priority in (
        ("b", Priority.BATCH),
        ("n", Priority.NORMAL),
        ("i", Priority.INTERACTIVE),
    ):
        in_line(batches, joined(batches, priority), 5.0, 5.0, name=name)
    assert [names(batch) for batch in all_of(batches)] == ["i", "i", "n", "n", "b", "b"]


async def test_in_a_class_owners_take_turns_and_then_the_jobs_of_an_owner() -> None:
    batches = lined_up(size=1, takers=1)
    for name, owner in (("a", "ann"), ("b", "ann"), ("c", "carl")):
        in_line(batches, joined(batches, owner=owner), *[5.0] * 4, name=name)
    turns = [names(batch) for batch in all_of(batches)]
    assert turns[:8] == ["a", "c", "b", "c", "a", "c", "b", "c"]
    assert turns[8:] == ["a", "b", "a", "b"]


async def test_a_call_is_shared_by_turns_whoever_has_windows_of_a_better_length() -> None:
    batches = lined_up(size=4, takers=1)
    for name in "aaa":
        in_line(batches, joined(batches, owner="ann"), 5.0, 5.0, 5.0, name=name)
    in_line(batches, joined(batches, owner="carl"), 9.0, 9.0, 9.0, name="c")
    assert sorted(names(batches.next())) == ["a", "a", "c", "c"]
    assert sorted(names(batches.next())) == ["a", "a", "a", "c"]


async def test_without_owners_the_jobs_take_turns() -> None:
    batches = lined_up(size=1, takers=1)
    for name in "abc":
        in_line(batches, joined(batches), 5.0, 5.0, name=name)
    assert [names(batch) for batch in all_of(batches)] == ["a", "b", "c", "a", "b", "c"]


async def test_who_comes_again_and_again_is_not_always_first() -> None:
    batches = lined_up(size=1, takers=1)
    in_line(batches, joined(batches), *[5.0] * 4, name="l")
    turns = []
    for _ in range(3):
        short = joined(batches)
        in_line(batches, short, 5.0, name="s")
        turns += [names(batches.next()), names(batches.next())]
        batches.leave(short)
    assert turns == ["l", "s", "l", "s", "l", "s"]


async def test_windows_of_one_job_go_in_the_order_of_time() -> None:
    assert [numbers(batch) for batch in all_of(one_job(9, 28, 3, size=1, takers=1))] == [
        [0],
        [1],
        [2],
    ]


async def test_jobs_of_a_class_fill_a_batch_together_by_turns() -> None:
    batches = lined_up(size=4, takers=1)
    for name in "abc":
        in_line(batches, joined(batches), 5.0, 5.0, name=name)
    assert [names(batch) for batch in all_of(batches)] == ["abca", "bc"]


async def test_a_batch_holds_windows_of_one_class_and_one_way_to_listen() -> None:
    batches = lined_up(size=8, takers=1)
    in_line(batches, joined(batches), 5.0, name="n")
    in_line(batches, joined(batches, Priority.BATCH), 5.0, name="b")
    french = DecodingOptions(language="fr")
    in_line(batches, joined(batches), 5.0, name="f", options=french)
    assert [names(batch) for batch in all_of(batches)] == ["n", "f", "b"]


async def test_windows_of_one_context_alone_go_together() -> None:
    batches = one_job(3.0, 28.0, 5.0, 27.0, 28.0, size=4, takers=1)
    assert [numbers(batch) for batch in all_of(batches)] == [[0, 2], [1, 4], [3]]


async def test_a_window_whose_language_is_asked_for_goes_alone() -> None:
    batches = lined_up(size=4, takers=1)
    for name in "ab":
        in_line(batches, joined(batches), 5.0, name=name, options=None)
    assert [names(batch) for batch in all_of(batches)] == ["a", "b"]


async def test_who_stands_apart_shares_no_batch_with_other_jobs() -> None:
    batches = lined_up(size=4, takers=1)
    for name, apart in (("a", False), ("b", True), ("c", False)):
        standing = Standing(apart=apart)
        batches.join(standing)
        in_line(batches, standing, 5.0, 5.0, name=name)
    assert [names(batch) for batch in all_of(batches)] == ["acac", "bb"]


async def test_what_is_withdrawn_waits_no_more() -> None:
    batches = lined_up(size=4, takers=1)
    gone, there = joined(batches), joined(batches)
    in_line(batches, gone, 5.0, 5.0, name="g")
    in_line(batches, there, 5.0, name="t")
    assert names(batches.withdraw(gone)) == "gg"
    assert [names(batch) for batch in all_of(batches)] == ["t"]


async def test_a_window_that_nobody_asks_for_any_more_is_passed_over() -> None:
    batches = lined_up(size=1, takers=1)
    standing = joined(batches)
    in_line(batches, standing, 5.0, 5.0)
    first, _ = tickets = batches.withdraw(standing)
    first.answer.cancel()
    for ticket in tickets:
        batches.put(ticket)
    assert [numbers(batch) for batch in all_of(batches)] == [[1]]


@pytest.mark.parametrize(("errors", "crashes"), [(0, 0), (1, 0), (0, 1)])
def test_a_job_that_failed_before_stands_apart(errors: int, crashes: int) -> None:
    now = datetime.now(UTC)
    job = Job(
        job_id="j",
        status=JobStatus.RUNNING,
        created_at=now,
        updated_at=now,
        source=SourceKind.PATH,
        source_name="a.wav",
        input_path="a.wav",
        errors=errors,
        crashes=crashes,
        options=JobOptions(priority=Priority.BATCH),
        requester="key-1",
    )
    standing = Standing.of(job)
    assert standing.owner == "key-1"
    assert standing.apart is bool(errors or crashes)
    assert standing.priority is Priority.BATCH
