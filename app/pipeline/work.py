"""One job on its way along the line, and what was found so far."""

from dataclasses import dataclass

from app.domain.assets import Asset
from app.domain.jobs import Job
from app.domain.pictures import Bitmap
from app.domain.transcript import Transcript
from app.pipeline.ahead import Ahead
from app.pipeline.report import JobReport
from app.pipeline.source import HeldSource


@dataclass(kw_only=True)
class Work:
    job: Job
    report: JobReport
    #: From its first reader on.
    source: HeldSource | None = None
    #: Of a picture, from who looks at it first on.
    bitmap: Bitmap | None = None
    #: Of what can be heard.
    transcript: Transcript | None = None
    #: As it is kept; None until something is.
    asset: Asset | None = None
    #: Of what is being heard in this attempt.
    ahead: Ahead | None = None

    @property
    def found(self) -> Asset:
        """The asset, behind the filter that keeps it."""
        if self.asset is None:
            raise RuntimeError("this recipe keeps nothing before it is indexed")
        return self.asset

    @property
    def seconds(self) -> float:
        """Of sound in the medium."""
        return self.transcript.duration if self.transcript else 0.0

    def close(self) -> None:
        """Nothing more is begun for it, and nothing more is read."""
        if self.ahead is not None:
            self.ahead.close()
        if self.bitmap is not None:
            self.bitmap.close()
        if self.source is not None:
            self.source.close()
