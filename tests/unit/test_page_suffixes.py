"""Which files of a folder the page sends."""

import re

from app.domain.media_types import MEDIA_SUFFIXES
from app.web.page_files import PAGE


def test_the_page_takes_out_of_folders_what_backfill_takes() -> None:
    text = (PAGE / "gather.js").read_text()
    listed = re.search(r"MEDIA = new Set\(\[(.*?)\]\)", text, re.DOTALL)
    assert listed is not None
    assert set(re.findall(r'"(\.[a-z0-9]+)"', listed[1])) == MEDIA_SUFFIXES
