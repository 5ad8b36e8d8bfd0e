"""A run that cannot tell that it lives lets go, and a stranger is not let in."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app.domain.boots import LOST_AFTER, Boot
from app.domain.errors import ConfigError, Unavailable
from app.services import tenancy
from app.services.tenancy import Tenancy

SOON = 30  # seconds
MODELS = {"search.embedding_model": "ours", "pictures.visual_model": "eyes"}
OURS = Boot(boot_id="ours", name="here", files="store", places=2, settings=MODELS)


@dataclass(kw_only=True)
class Log:
    """A `BootLog` that can be away."""

    boots: dict[str, Boot] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    inherited: list[tuple[str, str]] = field(default_factory=list)
    away: bool = False

    async def known(self, boot_id: str) -> bool:
        return boot_id in self.boots

    async def begin(
        self,
        boot_id: str,
        *,
        name: str = "",
        places: int = 1,
        files: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._reached()
        told = settings or {}
        boot = Boot(boot_id=boot_id, name=name, places=places, files=files, settings=told)
        self.boots[boot_id] = boot

    async def beat(self, boot_id: str) -> bool:
        self._reached()
        return boot_id not in self.ended

    async def living(self, silent_for: float) -> Sequence[Boot]:
        self._reached()
        return [boot for boot in self.boots.values() if boot.boot_id not in self.ended]

    async def end(self, boot_id: str) -> None:
        self._reached()
        self.ended.append(boot_id)

    async def inherit(self, boot_id: str, name: str) -> None:
        self.inherited.append((boot_id, name))

    def _reached(self) -> None:
        if self.away:
            raise Unavailable("the database server does not answer")


class Renewals(list[str]):
    async def __call__(self, boot_id: str) -> None:
        self.append(boot_id)


def ours(log: Log) -> tuple[Tenancy, Renewals]:
    made, renewals = Tenancy(log, OURS), Renewals()
    made.renewed = renewals
    return made, renewals


async def test_the_last_run_on_our_folder_is_over_when_we_begin() -> None:
    log = Log(boots={"before": Boot(boot_id="before", name="here", files="store")})
    made, _ = ours(log)
    await made.begin("before")
    assert log.ended == ["before"] and made.others == []
    assert log.inherited == [("before", "here")]
    assert log.boots["ours"] == OURS


async def test_others_with_the_same_files_are_company() -> None:
    other = Boot(boot_id="other", name="there", files="store")
    made, _ = ours(Log(boots={"other": other}))
    await made.begin(None)
    assert made.others == [other]


async def test_beside_others_with_other_files_it_does_not_begin() -> None:
    log = Log(boots={"other": Boot(boot_id="other", name="there", files="elsewhere")})
    made, _ = ours(log)
    with pytest.raises(ConfigError, match="elsewhere"):
        await made.begin(None)
    assert log.ended == ["ours"]


@pytest.mark.parametrize("setting", MODELS)
async def test_beside_others_with_another_model_it_does_not_begin(setting: str) -> None:
    """Each made the one index anew by its own model whenever it came to lead, for ever."""
    theirs = MODELS | {setting: "theirs"}
    log = Log(boots={"other": Boot(boot_id="other", name="there", files="store", settings=theirs)})
    made, _ = ours(log)
    with pytest.raises(ConfigError) as refused:
        await made.begin(None)
    told = refused.value.message
    assert told.startswith(f"{setting} is {MODELS[setting]} here, and theirs at there")
    assert log.ended == ["ours"]


@pytest.mark.parametrize("theirs", [MODELS, {"search.embedding_model": "ours"}, {}])
async def test_others_with_the_same_models_or_none_for_pictures_are_company(
    theirs: dict[str, str],
) -> None:
    other = Boot(boot_id="other", name="there", files="store", settings=theirs)
    made, _ = ours(Log(boots={"other": other}))
    await made.begin(None)
    assert made.others == [other]


async def test_a_model_that_was_changed_while_nobody_else_lived_is_fine() -> None:
    before = Boot(
        boot_id="before", name="here", files="store", settings={"search.embedding_model": "old"}
    )
    made, _ = ours(Log(boots={"before": before}))
    await made.begin("before")
    assert made.others == []


async def test_a_run_that_was_ended_by_others_goes_on_as_another() -> None:
    log = Log()
    made, renewals = ours(log)
    await made.begin(None)
    log.ended.append("ours")
    await made.run_once()
    assert renewals == [made.boot_id] and made.boot_id != "ours"
    await made.run_once()
    assert made.boot_id in log.boots and len(renewals) == 1


async def test_while_the_database_is_away_it_lets_go_before_others_take_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tenancy, "WATCH", 0.01)
    monkeypatch.setattr(tenancy, "BEAT", 0.01)
    monkeypatch.setattr(tenancy, "LOST_AFTER", 0.2)
    log, released = Log(), asyncio.Event()
    made, _ = ours(log)

    async def released_by(boot_id: str) -> None:
        released.set()

    made.renewed = released_by
    await made.begin(None)
    log.away = True
    running = asyncio.create_task(made.run())
    async with asyncio.timeout(SOON):
        await released.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert made.boot_id != "ours"


async def test_another_that_has_our_name_is_warned_of(warnings_told: list[str]) -> None:
    """It would work on files by their path that lie on our machine, and fail for good."""
    log = Log(boots={"there": replace(OURS, boot_id="there", name="there")})
    made, _ = ours(log)
    await made.begin(None)
    assert warnings_told == []
    log.boots["twin"] = replace(OURS, boot_id="twin")
    await made.begin(None)
    [told] = warnings_told
    assert "another instance has the name here" in told


async def test_an_end_that_cannot_be_told_holds_nobody_up() -> None:
    log = Log(away=True)
    made, _ = ours(log)
    await made.end()
    assert log.ended == []


async def test_a_start_that_takes_long_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever loaded models for longer than that used to let go of all jobs at once."""
    monkeypatch.setattr(tenancy, "WATCH", 0.001)
    made, renewals = ours(Log())
    made._told_at -= 2 * LOST_AFTER
    await made.begin(None)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await made.run()
    assert renewals == []


async def test_a_beginning_that_comes_too_late_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run that followed used to claim jobs that others took for those of a dead one."""
    log, asked, answered = Log(), asyncio.Event(), asyncio.Event()
    made, renewals = ours(log)
    await made.begin(None)
    await made._renew()
    begin = log.begin

    async def late(boot_id: str, **told: Any) -> None:
        asked.set()
        await answered.wait()
        await begin(boot_id, **told)

    monkeypatch.setattr(log, "begin", late)
    async with asyncio.timeout(SOON):
        beginning = asyncio.create_task(made.run_once())
        await asked.wait()
        await made._renew()
        answered.set()
        await beginning
        await made.run_once()
    assert made.boot_id == renewals[-1] and made.boot_id in log.boots


async def test_a_fault_of_ours_does_not_keep_it_from_telling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tenancy, "BEAT", 0.001)
    log, told = Log(), asyncio.Event()
    made, _ = ours(log)
    await made.begin(None)
    answers = iter([ZeroDivisionError("a fault of ours")])

    async def beat(boot_id: str) -> bool:
        for fault in answers:
            raise fault
        told.set()
        return True

    monkeypatch.setattr(log, "beat", beat)
    running = asyncio.create_task(made.run())
    async with asyncio.timeout(SOON):
        await told.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
