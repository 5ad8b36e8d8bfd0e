"""Who takes jobs in, put together."""

from app.adapters.beneath import files_beneath
from app.bootstrap.records import Records
from app.config import AppSettings
from app.ports import Meter
from app.services.alike import AlikeJobs
from app.services.engines import EngineShelf
from app.services.folder_watch import FolderWatch
from app.services.intake import Intake
from app.services.overtaking import Overtaking
from app.services.quotas import Quotas
from app.services.roots import Roots


def intake(
    settings: AppSettings,
    records: Records,
    engines: EngineShelf,
    overtaking: Overtaking,
    quotas: Quotas,
    meter: Meter,
) -> Intake:
    ingestion = settings.ingestion
    return Intake(
        store=records.store,
        queue=records.queue,
        blobs=records.blobs,
        fetcher=records.fetcher,
        roots=Roots(ingestion.allowed_roots, files_beneath()),
        disk=records.disk,
        committed=records.mark.note,
        check_engine=engines.check,
        alike=AlikeJobs(records.store, records.assets, engines.check),
        overtake=overtaking.by,
        quotas=quotas,
        meter=meter,
        max_file_size=ingestion.max_file_size,
        max_duration=ingestion.max_duration,
    )


def folder_watch(
    settings: AppSettings, records: Records, intake: Intake, in_place: Roots
) -> FolderWatch:
    ingestion = settings.ingestion
    return FolderWatch(
        folders=ingestion.watch_folders,
        leave_out=settings.storage.data_dir,
        notes=records.watched,
        store=records.store,
        intake=intake,
        in_place=in_place,
        settle=ingestion.watch_settle,
    )
