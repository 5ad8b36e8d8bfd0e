"""What the surfaces may call. Handed over through the application's lifespan state."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from app.services.health import Health
from app.services.intake import Intake
from app.services.jobs import JobService
from app.services.search import SearchService
from app.services.webhooks import WebhookService


@dataclass(frozen=True, kw_only=True)
class Doors:
    intake: Intake
    jobs: JobService
    search: SearchService
    webhooks: WebhookService
    health: Health
    #: Bytes; a declared length beyond it is refused before the body is read.
    max_file_size: int


def doors(request: Request) -> Doors:
    return cast(Doors, request.state.doors)
