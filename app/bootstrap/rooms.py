"""The rooms once they are open, and the services between them."""

from collections.abc import Coroutine
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.bootstrap.finding import Finding
from app.bootstrap.gate import gate_of
from app.bootstrap.records import Records
from app.bootstrap.uploads import Uploads, resumable_uploads
from app.bootstrap.webhooks import Webhooks
from app.bootstrap.workshop import Workshop
from app.config import AppSettings
from app.pipeline.runner import Pipeline
from app.services.alike import AlikeJobs
from app.services.backoff import Backoff
from app.services.estimates import Estimates
from app.services.follow import JobFollower
from app.services.health import Health
from app.services.intake import Intake
from app.services.jobs import JobService
from app.services.retention import Retention
from app.services.roots import Roots
from app.services.search import SearchService
from app.services.verdicts import Limits
from app.services.worker import JobWorker
from app.web.doors import Doors


@dataclass(frozen=True, kw_only=True)
class Rooms:
    settings: AppSettings
    tools: Workshop
    records: Records
    finding: Finding
    webhooks: Webhooks

    def works(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """What goes on behind the doors for as long as they are open."""
        return (
            self.tools.fetch_detector(),
            self.tools.engines.warm(),
            self.tools.unload_idle(),
            self.finding.keep_level(self.records),
            self.records.disk.run(),
            self.webhooks.sender.run(),
            self.uploads.sweep.run(),
        )

    def worker(self, boot_id: str) -> JobWorker:
        ingestion = self.settings.ingestion
        return JobWorker(
            store=self.records.store,
            queue=self.records.queue,
            blobs=self.records.blobs,
            pipeline=self._pipeline(),
            watch=self.records.watch,
            disk=self.records.disk,
            boot_id=boot_id,
            places=ingestion.max_concurrent_jobs,
            limits=Limits(errors=ingestion.max_errors, crashes=ingestion.max_crashes),
            backoff=Backoff(),
            ended=self.webhooks.sender.nudge,
            paces=self.records.paces,
        )

    def _pipeline(self) -> Pipeline:
        return Pipeline(
            blobs=self.records.blobs,
            fetcher=self.records.fetcher,
            extractors=self.tools.extractors,
            detector=self.tools.detector,
            engines=self.tools.engines,
            journal=self.records.journal,
            transcripts=self.records.transcripts,
            embedder=self.finding.embedder,
            topics=self.finding.topics,
            index=self.finding.index,
            max_window=self.settings.transcription.max_window,
        )

    def doors(self, worker: JobWorker) -> Doors:
        return Doors(
            intake=self._intake(),
            jobs=self._jobs(worker),
            follower=JobFollower(self.records.store, self.records.transcripts, self.records.watch),
            estimates=Estimates(
                self.records.store,
                self.records.paces,
                places=worker.places,
                running=worker.running,
            ),
            send_away=self.records.watch.close,
            engines=self.tools.engines,
            webhooks=self.webhooks.service,
            uploads=self.uploads.service,
            search=SearchService(self.finding.index, self.finding.embedder),
            health=self._health(worker),
            keys=self.records.keys,
            max_file_size=self.settings.ingestion.max_file_size,
            gate=gate_of(self.settings.server),
        )

    @cached_property
    def uploads(self) -> Uploads:
        """One for all: it knows who is at work on what."""
        limit = self.settings.ingestion.max_file_size
        return resumable_uploads(self.records, self._intake(), limit)

    def _intake(self) -> Intake:
        ingestion = self.settings.ingestion
        return Intake(
            store=self.records.store,
            queue=self.records.queue,
            blobs=self.records.blobs,
            fetcher=self.records.fetcher,
            roots=Roots(ingestion.allowed_roots),
            disk=self.records.disk,
            committed=self.records.mark.note,
            check_engine=self.tools.engines.check,
            alike=AlikeJobs(self.records.store, self.records.transcripts, self.tools.engines.check),
            max_file_size=ingestion.max_file_size,
            max_duration=ingestion.max_duration,
        )

    def retention(self, worker: JobWorker) -> Retention:
        days = self.settings.ingestion.job_cleanup_days
        return Retention(self.records.store, self._jobs(worker), days)

    def _jobs(self, worker: JobWorker) -> JobService:
        return JobService(
            store=self.records.store,
            transcripts=self.records.transcripts,
            queue=self.records.queue,
            blobs=self.records.blobs,
            index=self.finding.index,
            watch=self.records.watch,
            drop=worker.drop,
            forget=self.records.mark.forget,
            ended=self.webhooks.sender.nudge,
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
        )
