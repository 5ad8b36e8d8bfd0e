"""The rooms once they are open, and the services between them."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.adapters.beneath import files_beneath
from app.adapters.front_matter import PlainFrontMatter
from app.adapters.local_storage import OpenedFile
from app.adapters.markdown_guide import MarkdownGuide
from app.adapters.numpy_waveform import NumpyWaveforms
from app.agents.door import AgentDoor
from app.bootstrap.finding import Finding
from app.bootstrap.gate import gate_of
from app.bootstrap.hearing import HearingPool
from app.bootstrap.keeping import quotas, retention
from app.bootstrap.listening import Listening
from app.bootstrap.records import Records
from app.bootstrap.seeing import Seeing
from app.bootstrap.taking_in import folder_watch, intake
from app.bootstrap.uploads import Uploads, resumable_uploads
from app.bootstrap.voices import Speaking
from app.bootstrap.watching import Watching
from app.bootstrap.webhooks import Webhooks
from app.bootstrap.workshop import Workshop
from app.config import AppSettings
from app.domain.index_state import IndexState
from app.domain.instances import Told
from app.domain.jobs import Job
from app.pipeline.runner import Pipeline
from app.pipeline.schedule import Schedules
from app.ports import FrameIntake
from app.services.asset_pages import AssetPages, Passages
from app.services.assets import AssetService
from app.services.backoff import Backoff
from app.services.figures import IngestionFigures
from app.services.follow import JobFollower
from app.services.frame_jobs import FrameJobs
from app.services.guide import Guide
from app.services.health import Health
from app.services.heard import CountingJournal
from app.services.index_care import IndexCare
from app.services.indexer import Indexer
from app.services.intake import Intake
from app.services.jobs import JobService
from app.services.media import AssetMedia
from app.services.news import NewsService
from app.services.overtaking import Overtaking
from app.services.quotas import Quotas
from app.services.retention import Retention
from app.services.roots import Roots
from app.services.share_sweep import ShareSweep
from app.services.shares import ShareService
from app.services.site_sync import SiteSync
from app.services.tidying import Tidying
from app.services.verdicts import Limits
from app.services.worker import JobWorker
from app.web.doors import Doors


@dataclass(frozen=True, kw_only=True)
class Rooms:
    settings: AppSettings
    watching: Watching
    tools: Workshop
    records: Records
    finding: Finding
    seeing: Seeing
    speakers: Speaking
    webhooks: Webhooks

    def works(self, worker: JobWorker) -> tuple[Coroutine[Any, Any, None], ...]:
        """What goes on behind the doors of each instance for as long as they are open."""
        ours = self.records.instances
        return (
            ours.run(),
            Listening(self.records, self.tools.engines, worker, self.webhooks.sender.nudge).run(),
            worker.take_over(),
            self.tools.cage.warn(),
            self.tools.fetch_detector(),
            self.seeing.prepare(self.records, self._in_place),
            self.tools.engines.warm(),
            self.tools.unload_idle(),
            self.finding.arrive(),
            self.finding.delete_late(self.records.assets),
            self.records.disk.run(),
            folder_watch(self.settings, self.records, self._intake(), self._in_place).run(),
        )

    def duties(self, worker: JobWorker) -> tuple[Coroutine[Any, Any, None], ...]:
        """What one instance does for all."""
        return (
            self.finding.keep_level(self.records, self.seeing.dimensions),
            self.index_care.run(),
            self.webhooks.sender.run(),
            self.uploads.sweep.run(),
            ShareSweep(store=self.records.shares).run(),
            self.retention(worker).run(),
            Tidying(sweep=self.records.sweep).run(),
        )

    def worker(self, boot_id: str) -> JobWorker:
        ingestion = self.settings.ingestion
        worker = JobWorker(
            store=self.records.store,
            queue=self.records.queue,
            blobs=self.records.blobs,
            scratch=self.records.scratch,
            pipeline=self._pipeline(self._frame_jobs(lambda old, of: jobs.delete_all(old, of))),
            watch=self.records.watch,
            disk=self.records.disk,
            boot_id=boot_id,
            places=ingestion.max_concurrent_jobs,
            limits=Limits(errors=ingestion.max_errors, crashes=ingestion.max_crashes),
            backoff=Backoff(),
            ended=self._ended,
            paces=self.records.paces,
            silent_for=self.records.instances.silent_for,
            meter=self.watching.meter,
            tracer=self.watching.tracer,
        )
        jobs = self._jobs(worker)
        self._overtaking.drop = worker.drop
        return worker

    def _ended(self) -> None:
        """There may be something to send, for whoever leads."""
        self.webhooks.sender.nudge()
        self.records.instances.news.tell(Told.WEBHOOK)

    def _frame_jobs(self, delete_all: Callable[[Sequence[str], Job], Awaitable[None]]) -> FrameJobs:
        return FrameJobs(
            store=self.records.store,
            queue=self.records.queue,
            blobs=self.records.blobs,
            delete_all=delete_all,
        )

    def _pipeline(self, frame_jobs: FrameIntake) -> Pipeline:
        return Pipeline(
            blobs=self.records.blobs,
            scratch=self.records.scratch,
            fetcher=self.records.fetcher,
            in_place=self._in_place,
            extractors=self.tools.extractors,
            waveforms=NumpyWaveforms(),
            detector=self.tools.detector,
            engines=self.tools.engines,
            journal=self._journal,
            transcripts=self.records.transcripts,
            assets=self.records.assets,
            embedder=self.finding.embedder,
            topics=self.finding.topics,
            chapters=self.finding.chapters,
            speakers=self.speakers.finder,
            pictures=self.seeing.tools,
            frames=self.tools.frames,
            frame_jobs=frame_jobs,
            texts=self.records.texts,
            front_matter=PlainFrontMatter(),
            index=self.finding.index,
            max_window=self.settings.transcription.max_window,
            may_keep=self._quotas.fetched,
            schedules=Schedules(self.watching.meter),
        )

    def doors(self, worker: JobWorker) -> Doors:
        jobs = self._jobs(worker)
        assets, figures = self._assets(jobs), self._figures()
        return Doors(
            intake=self._intake(),
            jobs=jobs,
            retention=self.retention(worker),
            sweep=self.records.sweep,
            assets=assets,
            media=self._media(assets),
            site=SiteSync(store=self.records.store, service=assets, intake=self._intake()),
            figures=figures,
            follower=JobFollower(self.records.store, self.records.transcripts, self.records.watch),
            estimates=self.records.estimates(worker.running),
            send_away=self.records.watch.close,
            engines=self.tools.engines,
            webhooks=self.webhooks.service,
            uploads=self.uploads.service,
            search=self.finding.search(
                self.seeing.eyes, self.seeing.darkroom, self.indexer, self.watching.meter
            ),
            records=self.finding.records(self.records.bulk),
            index_care=self.index_care,
            health=self._health(worker),
            readiness=self.watching.readiness(self.records),
            gauges=self.watching.gauges(self.settings, self.records, figures, self._pools),
            traffic=self.watching.traffic,
            keys=self.records.keys,
            shares=self._shares(assets),
            news=NewsService(store=self.records.news),
            guide=Guide(MarkdownGuide()),
            max_file_size=self._largest,
            gate=gate_of(self.settings.server),
            agents=AgentDoor(),
        )

    @cached_property
    def index_care(self) -> IndexCare:
        """One for all: it knows what is being built."""
        return IndexCare(self.finding.whole)

    @cached_property
    def uploads(self) -> Uploads:
        """One for all: it knows who is at work on what."""
        return resumable_uploads(self.records, self._intake(), self._largest, self.watching.meter)

    @property
    def _largest(self) -> int:
        """Bytes of a file. What could never be put together is not taken in piece by piece."""
        wanted, most = self.settings.ingestion.max_file_size, self.records.largest
        return wanted if most is None else min(wanted, most)

    def _intake(self) -> Intake:
        return intake(
            self.settings,
            self.records,
            self.tools.engines,
            self._overtaking,
            self._quotas,
            self.watching.meter,
        )

    @cached_property
    def _overtaking(self) -> Overtaking:
        """One for all doors: it learns who runs jobs."""
        store, watch = self.records.store, self.records.watch
        return Overtaking(store, watch, self._ended)

    @cached_property
    def _quotas(self) -> Quotas:
        """One for all doors: it knows what is on its way."""
        return quotas(self.settings, self.records.store, self.records.keys, self.watching.meter)

    def retention(self, worker: JobWorker) -> Retention:
        store, jobs = self.records.store, self._jobs(worker)
        return retention(self.settings, store, jobs, self.watching.meter)

    def _jobs(self, worker: JobWorker) -> JobService:
        return JobService(
            store=self.records.store,
            transcripts=self.records.transcripts,
            assets=self.records.assets,
            queue=self.records.queue,
            blobs=self.records.blobs,
            texts=self.records.texts,
            index=self.finding.index,
            watch=self.records.watch,
            drop=worker.drop,
            forget=self.records.mark.forget,
            ended=self._ended,
            overtake=self._overtaking.by,
        )

    @cached_property
    def indexer(self) -> Indexer:
        """One for all: it knows which assets it is at work on."""
        kept, finding = self.records, self.finding
        return Indexer(kept.books, finding.embedder, finding.index, kept.watch, kept.bulk)

    def _assets(self, jobs: JobService) -> AssetService:
        return AssetService(
            assets=self.records.assets,
            store=self.records.store,
            pages=AssetPages(
                assets=self.records.assets,
                transcripts=self.records.transcripts,
                records=self.records.bulk,
                passages=Passages(self.records.texts),
            ),
            blobs=self.records.blobs,
            jobs=jobs,
            intake=self._intake(),
            indexer=self.indexer,
        )

    def _media(self, assets: AssetService) -> AssetMedia:
        return AssetMedia(
            assets=assets,
            store=self.records.store,
            blobs=self.records.blobs,
            in_place=self._in_place,
            stored=OpenedFile,
        )

    @cached_property
    def _in_place(self) -> Roots:
        """All folders in which media may be read in place, whoever named them."""
        ingestion = self.settings.ingestion
        return Roots([*ingestion.allowed_roots, *ingestion.watch_folders], files_beneath())

    @cached_property
    def _journal(self) -> CountingJournal:
        """One for all: it counts."""
        return CountingJournal(self.records.journal)

    async def _index_state(self) -> IndexState:
        return await self.finding.whole().state()

    def _shares(self, service: AssetService) -> ShareService:
        return ShareService(
            store=self.records.shares,
            service=service,
            assets=self.records.assets,
            transcripts=self.records.transcripts,
        )

    def _figures(self) -> IngestionFigures:
        return IngestionFigures(
            store=self.records.store,
            assets=self.records.assets,
            queue=self.records.queue,
            indexer=self.indexer,
            disk=self.records.disk,
            watch=self.records.watch,
            pool=self.tools.pool,
            heard=lambda: self._journal.seconds,
            index=self._index_state,
            data_bytes=self.records.local.held_bytes,
            running=self.records.census.running,
            stranded=self.records.stranded,
        )

    def _health(self, worker: JobWorker) -> Health:
        return Health(
            store=self.records.store,
            queue=self.records.queue,
            engines=self.tools.engines,
            detector=self.tools.detector,
            embedder=self.finding.embedder,
            index=self.finding.index,
            pool=self.tools.pool,
            worker=worker,
            disk=self.records.disk,
            places=lambda: self.records.instances.tenancy.places,
        )

    @property
    def _pools(self) -> tuple[HearingPool, ...]:
        tools, seeing = self.tools, self.seeing
        hearing = (tools.pool, tools.detecting, self.speakers.pool, self.finding.pool)
        return (*hearing, tools.framing, seeing.pool, seeing.reading_pool)
