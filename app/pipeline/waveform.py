"""Beside what is heard: how loud it is over time, drawn before the decoded sound goes."""

import json
from collections.abc import AsyncIterator
from typing import Any

from app.domain.jobs import Job, waveform_key
from app.domain.media import Audio
from app.pipeline.report import JobReport, told
from app.pipeline.tools import Tools

FAILED = "waveform.failed"


async def keep_waveform(tools: Tools, job: Job, report: JobReport, audio: Audio) -> None:
    """A failure, be it a fault of ours, is a warning: it costs the job nothing."""
    try:
        drawn = await tools.waveforms.draw(audio)
        await tools.blobs.save_file(waveform_key(job.job_id), _one(drawn.document()))
    except Exception as error:
        await report.warn(FAILED, f"no waveform: {told(error)}")


async def _one(document: dict[str, Any]) -> AsyncIterator[bytes]:
    yield json.dumps(document, separators=(",", ":")).encode()
