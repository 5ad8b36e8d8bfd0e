"""What looks at pictures; the model arrives behind the service's start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.adapters.confined.cage import Cage
from app.adapters.pictures.clip import ClipEyes
from app.adapters.pictures.darkroom import PillowDarkroom
from app.adapters.pictures.decoding import Decoder
from app.adapters.pictures.describer import OpenAIDescriber
from app.adapters.pictures.lite0 import DIMENSIONS, Lite0Eyes
from app.adapters.pictures.reading import RapidReader
from app.adapters.process_pool import ProcessPool
from app.adapters.weights.shelf import ModelShelf
from app.bootstrap.models import NO_MODEL, located
from app.bootstrap.records import Records
from app.config import AppSettings
from app.domain.jobs import PASSING
from app.domain.metrics import UNCOUNTED
from app.domain.models import ModelKind
from app.pipeline.tools import PictureTools
from app.ports import Meter, SourceFolders, VisualEmbedder
from app.services.arriving import ArrivingEyes
from app.services.second_look import SecondLook

LITE0 = "efficientnet-lite0"
#: The slot that half a gigabyte goes to: it gives it back when there is nothing to read.
READING = "reading"
#: What a decoder needs at worst for each pixel (AVIF: twice its planes, and two copies), and what
#: libraries take besides, in bytes.
OF_PIXEL, BESIDES = 20, 1 << 30
#: What models take to look at a bitmap, and far more, in bytes.
MOST = 3 << 30


@dataclass(frozen=True, kw_only=True)
class Seeing:
    settings: AppSettings
    weights: ModelShelf
    #: Looks: quick, so that a picture as a query never waits behind a page of text.
    pool: ProcessPool
    reading_pool: ProcessPool
    #: None where no model is wanted.
    eyes: ArrivingEyes | None
    describer: OpenAIDescriber | None
    #: What it hands on is all that the others ever see of a stranger's file.
    darkroom: PillowDarkroom

    @property
    def tools(self) -> PictureTools:
        return PictureTools(
            darkroom=self.darkroom,
            reader=RapidReader(self.reading_pool) if self.settings.pictures.ocr else None,
            eyes=self.eyes,
            describer=self.describer,
            describes_frames=self.settings.pictures.describe_keyframes,
        )

    async def prepare(self, records: Records, in_place: SourceFolders) -> None:
        """The model, and then a look at pictures that it has not seen."""
        if self.eyes is None:
            return
        await self.eyes.bring(self._eyes)
        look = SecondLook(
            assets=records.assets,
            store=records.store,
            scratch=records.scratch,
            fetcher=records.fetcher,
            in_place=in_place,
            darkroom=self.darkroom,
            eyes=self.eyes,
            model=self.settings.pictures.visual_model,
            home=records.instances.name,
        )
        await look.run()

    async def dimensions(self) -> int:
        """Of visual vectors. Of the default model they are known; another one is waited for.

        Raises EngineError when that did not arrive.
        """
        if self.eyes is None or self.settings.pictures.visual_model == LITE0:
            return DIMENSIONS
        return (await self.eyes.get()).dimensions

    async def _eyes(self) -> VisualEmbedder:
        """A name that no package ships is a CLIP model's."""
        chosen = self.settings.pictures
        kind = ModelKind.VISUAL if chosen.visual_model == LITE0 else ModelKind.CLIP
        found = await located(self.weights, chosen.visual_model, kind)
        make = Lite0Eyes if kind is ModelKind.VISUAL else ClipEyes
        return make(self.pool, found.path, chosen.visual_model)


@asynccontextmanager
async def open_seeing(
    settings: AppSettings,
    weights: ModelShelf,
    cage: Cage,
    logs: Path | None,
    meter: Meter = UNCOUNTED,
) -> AsyncIterator[Seeing]:
    pools = {
        name: ProcessPool(
            1,
            name=name,
            logs=logs,
            memory_limit=settings.workers.memory_limit or most,
            recycle_after=settings.workers.recycle_after,
            idle_after=settings.transcription.unload_after if name == READING else 0.0,
            meter=meter,
        )
        for name, most in _memory(settings).items()
    }
    seeing = Seeing(
        settings=settings,
        weights=weights,
        pool=pools["seeing"],
        reading_pool=pools[READING],
        eyes=None if settings.pictures.visual_model == NO_MODEL else ArrivingEyes("visual model"),
        describer=_describer(settings, pools["seeing"]),
        darkroom=PillowDarkroom(pools["seeing"], _decoder(settings, cage)),
    )
    try:
        yield seeing
    finally:
        for pool in pools.values():
            await pool.aclose()
        if seeing.describer is not None:
            await seeing.describer.aclose()


def _decoder(settings: AppSettings, cage: Cage) -> Decoder:
    """Pictures come from anybody, and a decoder that is misled takes all the memory there is."""
    most = settings.pictures.max_pixels
    return Decoder(
        most,
        confinement=cage,
        memory_bytes=BESIDES + OF_PIXEL * most,
        scratch=settings.storage.data_dir.absolute() / PASSING,
    )


def _memory(settings: AppSettings) -> dict[str, int]:
    """Bytes for each slot where no limit is set: of what no bitmap takes, a model that is misled
    would take all there is. CLIP may work on a graphics card, whose driver maps far more."""
    shipped = settings.pictures.visual_model in (LITE0, NO_MODEL)
    return {"seeing": MOST if shipped else 0, READING: MOST}


def _describer(settings: AppSettings, pool: ProcessPool) -> OpenAIDescriber | None:
    chosen = settings.pictures
    if chosen.describer_base_url is None:
        return None
    return OpenAIDescriber(
        pool,
        base_url=chosen.describer_base_url,
        api_key=chosen.describer_api_key,
        model=chosen.describer_model,
    )
