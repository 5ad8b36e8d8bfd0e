"""scripts/fuzz in short: the same fire, the same service, fewer cases."""

import pytest

from scripts.fuzz_media import corpus as others_finds
from scripts.fuzz_run import KINDS, only, run
from scripts.fuzz_yard import Lab

#: Cases of each kind: all of them together within three minutes on two cores.
FEW = {
    "media": 36,
    "corpus": 1000,
    "raw": 1000,
    "json": 800,
    "paths": 300,
    "filters": 50,
    "spellings": 10_000,
}
#: Of those, each so many-th: the spellings of one address stand together.
EACH = {"spellings": 4}


def test_each_kind_has_its_short_form() -> None:
    assert FEW.keys() == KINDS.keys()


@pytest.mark.parametrize("name", KINDS)
def test_nothing_hostile_makes_it_do_what_nobody_planned(lab: Lab, name: str) -> None:
    if name == "corpus" and not others_finds():
        pytest.skip("no shared corpus beside the repository")
    numbers = KINDS[name].numbers(FEW[name])[:: EACH.get(name, 1)]
    tally = run(lab, KINDS[name], numbers)
    assert tally.violations == []
    assert tally.tried["cases"] == len(numbers) > 0
    assert (lab.results / f"{name}.json").is_file()


def test_a_case_that_failed_is_named_as_it_was_told() -> None:
    assert only("media") == ("media", None)
    assert only("media:123") == ("media", range(123, 124))
    assert only("raw:200-399") == ("raw", range(200, 400))
