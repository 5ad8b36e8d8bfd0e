"""A page about an asset, as HTML."""

from dataclasses import replace
from datetime import UTC, datetime
from html import escape

import pytest

from app.domain.assets import Asset, Still
from app.domain.media_types import MediaType
from app.services.asset_pages import Shown
from app.web.watch_page import written
from app.web.watch_pictures import MOST_FRAMES

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def a_film(frames: int) -> Shown:
    asset = Asset(
        asset_id="film",
        media_type=MediaType.VIDEO,
        job_id="job",
        title="A film",
        created_at=NOW,
        updated_at=NOW,
    )
    stills = [Still(asset_id=f"film#t={at}", at=float(at)) for at in range(frames)]
    return Shown(asset=asset, frames=stills)


def test_of_a_long_video_frames_from_all_over_it_are_shown() -> None:
    number = 8000
    page = written(a_film(number), 4001.0)
    assert page.count("<img") <= MOST_FRAMES + 1
    assert '<a class="here" href="?t=4001">' in page
    assert 'href="?t=0"' in page and 'href="?t=7984"' in page


def test_a_second_behind_the_first_hours_is_told_whole() -> None:
    asset = a_film(0).asset
    still = Still(asset_id="film#t=123456.789", at=123456.789)
    page = written(Shown(asset=asset, frames=[still]), 123456.789)
    assert '<a class="here" href="?t=123456.789">' in page


@pytest.mark.parametrize("link", ["//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_link_that_leads_nowhere_good_is_not_shown(link: str) -> None:
    shown = a_film(0)
    page = written(Shown(asset=replace(shown.asset, link=link)), None)
    assert f'href="{link}"' not in page and escape(link) not in page
