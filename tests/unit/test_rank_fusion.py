"""Reciprocal-rank fusion: several rankings into one."""

import pytest

from app.adapters.lance_index.fusion import RRF_K, fuse
from app.domain.search import MatchReason

SEMANTIC, KEYWORD = MatchReason.SEMANTIC, MatchReason.KEYWORD


def test_what_both_rankings_know_comes_first() -> None:
    ranked = fuse({SEMANTIC: {"a": 0.9, "both": 0.8}, KEYWORD: {"b": 12.0, "both": 3.0}})
    assert [r.moment_id for r in ranked] == ["both", "b", "a"]
    assert ranked[0].why == (SEMANTIC, KEYWORD)
    assert ranked[1].why == (KEYWORD,)
    assert ranked[2].why == (SEMANTIC,)


def test_of_equals_the_one_with_the_word_comes_first() -> None:
    """Something is always nearest in meaning; a word is there or not."""
    ranked = fuse({SEMANTIC: {"a": 0.1}, KEYWORD: {"z": 12.0}})
    assert [r.moment_id for r in ranked] == ["z", "a"]


def test_a_score_is_the_sum_of_inverse_ranks() -> None:
    [first, second] = fuse({SEMANTIC: {"a": 0.9}, KEYWORD: {"b": 12.0, "a": 3.0}})
    assert first.score == pytest.approx(1 / (RRF_K + 1) + 1 / (RRF_K + 2))
    assert second.score == pytest.approx(1 / (RRF_K + 1))


def test_one_ranking_alone_keeps_its_scores() -> None:
    ranked = fuse({KEYWORD: {"b": 12.5, "a": 3.0}})
    assert [(r.moment_id, r.score) for r in ranked] == [("b", 12.5), ("a", 3.0)]


def test_equals_are_in_the_order_of_their_ids() -> None:
    ranked = fuse({SEMANTIC: {"z": 0.9}, MatchReason.VISUAL: {"a": 0.8}})
    assert [r.moment_id for r in ranked] == ["a", "z"]


def test_an_empty_ranking_adds_nothing() -> None:
    assert [r.moment_id for r in fuse({SEMANTIC: {}, KEYWORD: {"a": 1.0}})] == ["a"]
    assert fuse({SEMANTIC: {}}) == []
    assert fuse({}) == []
