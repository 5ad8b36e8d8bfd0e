"""The guide, read once and kept: its pages do not change while the program runs."""

from collections.abc import Mapping

from anyio import to_thread

from app.domain.guide import GuidePage
from app.ports import GuideReader


class Guide:
    def __init__(self, reader: GuideReader) -> None:
        self._reader = reader
        self._titles: Mapping[str, str] | None = None
        self._pages: dict[str, GuidePage] = {}

    async def titles(self) -> Mapping[str, str]:
        """Of all pages by name, in the order in which they are to be read, the home first."""
        if self._titles is None:
            self._titles = await to_thread.run_sync(self._reader.titles)
        return self._titles

    async def page(self, name: str) -> GuidePage | None:
        """None where there is no page of this name: that is not kept, for names are endless."""
        if name not in self._pages:
            found = await to_thread.run_sync(self._reader.page, name)
            if found is None:
                return None
            self._pages[name] = found
        return self._pages[name]

    async def picture(self, name: str) -> bytes | None:
        """SVG or PNG; None where there is none of this name."""
        return await to_thread.run_sync(self._reader.picture, name)
