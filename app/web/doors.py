"""What the surfaces may call. Handed over through the application's lifespan state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request
from starlette.types import ASGIApp

from app.services.assets import AssetService
from app.services.engines import EngineShelf
from app.services.estimates import Estimates
from app.services.figures import IngestionFigures
from app.services.follow import JobFollower
from app.services.gauges import Gauges
from app.services.guide import Guide
from app.services.health import Health
from app.services.index_care import IndexCare
from app.services.intake import Intake
from app.services.jobs import JobService
from app.services.keys import KeyService
from app.services.media import AssetMedia
from app.services.news import NewsService
from app.services.readiness import Readiness
from app.services.records import RecordService
from app.services.retention import Retention
from app.services.search import SearchService
from app.services.shares import ShareService
from app.services.site_sync import SiteSync
from app.services.sweep import FileSweep
from app.services.traffic import Traffic
from app.services.uploads import UploadService
from app.services.webhooks import WebhookService
from app.web.gate import Gate


@dataclass(frozen=True, kw_only=True)
class Doors:
    intake: Intake
    jobs: JobService
    retention: Retention
    sweep: FileSweep
    follower: JobFollower
    estimates: Estimates
    #: Those who wait for news of jobs are sent away: the service stops.
    send_away: Callable[[], None]
    engines: EngineShelf
    search: SearchService
    records: RecordService
    index_care: IndexCare
    assets: AssetService
    media: AssetMedia
    site: SiteSync
    figures: IngestionFigures
    webhooks: WebhookService
    uploads: UploadService
    health: Health
    readiness: Readiness
    gauges: Gauges
    traffic: Traffic
    keys: KeyService
    shares: ShareService
    news: NewsService
    guide: Guide
    #: Bytes; a declared length beyond it is refused before the body is read.
    max_file_size: int
    gate: Gate
    #: Answers `/mcp`: JSON-RPC of callers that were let in.
    agents: ASGIApp


def doors(request: Request) -> Doors:
    return cast(Doors, request.state.doors)
