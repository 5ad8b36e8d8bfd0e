"""Every URL in one table."""

from app.web import dead_letters, health, ingest, jobs, search, webhooks
from app.web import operations as of
from app.web.operation import Door, Endpoint, Operation


def door(path: str, endpoint: Endpoint, **operations: Operation) -> Door:
    return Door(path=path, endpoint=endpoint, operations=operations)


JOB = "/api/v1/jobs/{job_id}"
DELIVERY = "/api/v1/webhooks/deliveries/{delivery_id}"

DOORS = (
    door("/health", health.health, GET=of.HEALTH),
    # `curl -T` says PUT
    door("/api/v1/ingest", ingest.ingest, POST=of.INGEST, PUT=of.INGEST_PUT),
    door("/api/v1/jobs", jobs.list_jobs, GET=of.LIST_JOBS),
    door(JOB, jobs.get_job, GET=of.GET_JOB),
    door(JOB, jobs.delete_job, DELETE=of.DELETE_JOB),
    door(f"{JOB}/cancel", jobs.cancel_job, POST=of.CANCEL_JOB),
    door(f"{JOB}/retry", jobs.retry_job, POST=of.RETRY_JOB),
    door(f"{JOB}/result", jobs.get_result, GET=of.GET_RESULT),
    door("/api/v1/dead-letters", dead_letters.list_dead_letters, GET=of.LIST_DEAD_LETTERS),
    door("/api/v1/dead-letters/replay", dead_letters.replay_all, POST=of.REPLAY_ALL),
    door("/api/v1/dead-letters/{job_id}/replay", dead_letters.replay, POST=of.REPLAY),
    door("/api/v1/webhooks/deliveries", webhooks.list_deliveries, GET=of.LIST_DELIVERIES),
    door(DELIVERY, webhooks.get_delivery, GET=of.GET_DELIVERY),
    door(f"{DELIVERY}/replay", webhooks.replay_delivery, POST=of.REPLAY_DELIVERY),
    door("/api/v1/search", search.search, GET=of.SEARCH, POST=of.SEARCH_BY_BODY),
)
