"""Resumable uploads, put together."""

from dataclasses import dataclass

from app.bootstrap.records import Records
from app.ports import Meter
from app.services.intake import Intake
from app.services.upload_finish import UploadFinish
from app.services.upload_sweep import UploadSweep
from app.services.upload_turns import Turns
from app.services.uploads import UploadService


@dataclass(frozen=True, kw_only=True)
class Uploads:
    service: UploadService
    sweep: UploadSweep


def resumable_uploads(
    records: Records, intake: Intake, max_file_size: int, meter: Meter
) -> Uploads:
    finish = UploadFinish(store=records.uploads, files=records.resumable, intake=intake)
    turns, ours = Turns(), records.instances
    service = UploadService(
        store=records.uploads,
        files=records.resumable,
        intake=intake,
        disk=records.disk,
        finish=finish,
        turns=turns,
        max_file_size=max_file_size,
        shared=ours.shared,
        meter=meter,
        clock=ours.clock,
    )
    sweep = UploadSweep(
        store=records.uploads,
        finish=finish,
        turns=turns,
        shared=ours.shared,
        clock=ours.clock,
    )
    return Uploads(service=service, sweep=sweep)
