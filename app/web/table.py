"""Every URL in one table."""

from app.web import (
    agents,
    assets,
    bulk,
    dead_letters,
    docs,
    engines,
    events,
    feed,
    figures,
    guide,
    health,
    ingest,
    jobs,
    keys,
    media,
    metrics,
    openai_audio,
    openai_models,
    page_files,
    process,
    retention,
    search,
    session,
    shares,
    site_sync,
    uploads,
    video,
    watch,
    webhooks,
)
from app.web import agents_operations as of_agents
from app.web import assets_operations as of_assets
from app.web import docs_operations as of_docs
from app.web import engines_operations as of_engines
from app.web import events_operations as of_events
from app.web import feed_operations as of_feed
from app.web import guide_operations as of_guide
from app.web import health_operations as of_health
from app.web import ingest_operations as of_ingest
from app.web import job_operations as of_jobs
from app.web import key_operations as key
from app.web import media_operations as of_media
from app.web import openai_operations as openai
from app.web import page_operations as of_page
from app.web import process_operations as of_process
from app.web import retention_operations as of_retention
from app.web import search_operations as of_search
from app.web import session_operations as of_session
from app.web import share_operations as of_shares
from app.web import uploads_operations as up
from app.web import video_operations as of_video
from app.web import webhook_operations as of_webhooks
from app.web.asset_paths import ASSET, ASSET_THUMBNAIL, MEDIA, WATCH, WAVEFORM
from app.web.credentials import AGENTS, FEED
from app.web.operation import Door, Endpoint, Operation


def door(path: str, endpoint: Endpoint, **operations: Operation) -> Door:
    return Door(path=path, endpoint=endpoint, operations=operations)


JOB = "/api/v1/jobs/{job_id}"
ORPHANS = "/api/v1/retention/orphans"
DELIVERY = "/api/v1/webhooks/deliveries/{delivery_id}"

DOORS = (
    door("/", page_files.home, GET=of_page.HOME),
    door("/page/{file:path}", page_files.file, GET=of_page.FILE),
    door("/favicon.ico", page_files.icon, GET=of_page.ICON),
    door("/openapi.json", docs.openapi, GET=of_docs.OPENAPI),
    door("/docs", docs.page, GET=of_docs.PAGE),
    # before the files of the document, for it is a name as theirs are
    door("/docs/guide", guide.home, GET=of_guide.HOME),
    door("/docs/guide/{page}", guide.page, GET=of_guide.PAGE),
    door("/docs/{file}", docs.file, GET=of_docs.FILE),
    door("/health", health.health, GET=of_health.HEALTH),
    door("/health/live", health.live, GET=of_health.LIVE),
    door("/health/ready", health.ready, GET=of_health.READY),
    door("/metrics", metrics.metrics, GET=of_health.METRICS),
    # `curl -T` says PUT
    door("/api/v1/ingest", ingest.ingest, POST=of_ingest.INGEST, PUT=of_ingest.INGEST_PUT),
    door("/api/v1/jobs", jobs.list_jobs, GET=of_jobs.LIST_JOBS),
    door(JOB, jobs.get_job, GET=of_jobs.GET_JOB),
    door(JOB, jobs.delete_job, DELETE=of_jobs.DELETE_JOB),
    door(f"{JOB}/cancel", jobs.cancel_job, POST=of_jobs.CANCEL_JOB),
    door(f"{JOB}/retry", jobs.retry_job, POST=of_jobs.RETRY_JOB),
    door(f"{JOB}/events", events.get_events, GET=of_events.GET_EVENTS),
    door(f"{JOB}/result", jobs.get_result, GET=of_jobs.GET_RESULT),
    door("/api/v1/dead-letters", dead_letters.list_dead_letters, GET=of_jobs.LIST_DEAD_LETTERS),
    door("/api/v1/dead-letters/replay", dead_letters.replay_all, POST=of_jobs.REPLAY_ALL),
    door("/api/v1/dead-letters/{job_id}/replay", dead_letters.replay, POST=of_jobs.REPLAY),
    door("/api/v1/retention", retention.show_retention, GET=of_retention.SHOW_RETENTION),
    door("/api/v1/retention", retention.let_go, POST=of_retention.LET_GO),
    door(ORPHANS, retention.show_orphans, GET=of_retention.SHOW_ORPHANS),
    door(ORPHANS, retention.remove_orphans, POST=of_retention.REMOVE_ORPHANS),
    door("/api/v1/webhooks/deliveries", webhooks.list_deliveries, GET=of_webhooks.LIST_DELIVERIES),
    door(DELIVERY, webhooks.get_delivery, GET=of_webhooks.GET_DELIVERY),
    door(f"{DELIVERY}/replay", webhooks.replay_delivery, POST=of_webhooks.REPLAY_DELIVERY),
    door("/api/v1/engines", engines.list_engines, GET=of_engines.LIST_ENGINES),
    door("/api/v1/engines/default", engines.set_default, PUT=of_engines.SET_DEFAULT),
    door("/api/v1/uploads", uploads.uploads, OPTIONS=up.TELL_UPLOADS, POST=up.CREATE_UPLOAD),
    door(
        "/api/v1/uploads/{upload_id}",
        uploads.upload,
        OPTIONS=up.TELL_UPLOAD,
        HEAD=up.LOOK_UPLOAD,
        PATCH=up.APPEND_UPLOAD,
        DELETE=up.REMOVE_UPLOAD,
        POST=up.OVERRIDE_UPLOAD,
    ),
    door("/api/v1/search", search.search, GET=of_search.SEARCH, POST=of_search.SEARCH_BY_BODY),
    door("/api/v1/assets", assets.list_assets, GET=of_assets.LIST_ASSETS),
    door("/api/v1/assets", assets.take_in, POST=of_assets.TAKE_IN_ASSET),
    door(ASSET_THUMBNAIL, assets.thumbnail, GET=of_assets.GET_THUMBNAIL),
    door(ASSET, assets.get_asset, GET=of_assets.GET_ASSET),
    door(ASSET, assets.patch_asset, PATCH=of_assets.PATCH_ASSET),
    door(ASSET, assets.delete_asset, DELETE=of_assets.DELETE_ASSET),
    door(MEDIA, media.media, GET=of_media.GET_MEDIA),
    door(WAVEFORM, media.waveform, GET=of_media.GET_WAVEFORM),
    door(WATCH, watch.watch, GET=of_assets.WATCH),
    door("/sync-content", site_sync.sync_content, POST=of_assets.SYNC_CONTENT),
    door("/api/debug-ingestion", figures.debug_ingestion, GET=of_assets.DEBUG_INGESTION),
    door("/bulk-add", bulk.bulk_add, POST=of_search.BULK_ADD),
    door("/build-index", bulk.build_index, POST=of_search.BUILD_INDEX),
    door("/build-index", bulk.index_state, GET=of_search.INDEX_STATE),
    door("/api/v1/keys", keys.list_keys, GET=key.LIST_KEYS),
    door("/api/v1/keys", keys.create_key, POST=key.CREATE_KEY),
    door("/api/v1/keys/{key_id}", keys.change_key, PATCH=key.CHANGE_KEY),
    door("/api/v1/keys/{key_id}", keys.revoke_key, DELETE=key.REVOKE_KEY),
    door("/api/v1/session", session.get_session, GET=of_session.GET_SESSION),
    door("/api/v1/session", session.sign_in, POST=of_session.SIGN_IN),
    door("/api/v1/session", session.sign_out, DELETE=of_session.SIGN_OUT),
    door("/api/v1/shares", shares.list_shares, GET=of_shares.LIST_SHARES),
    door("/api/v1/shares", shares.create_share, POST=of_shares.CREATE_SHARE),
    door("/api/v1/shares/{share_id}", shares.revoke_share, DELETE=of_shares.REVOKE_SHARE),
    door("/shared/{token}", shares.read_shared, GET=of_shares.READ_SHARED),
    door(FEED, feed.feed, GET=of_feed.FEED),
    door("/process", process.process, POST=of_process.PROCESS),
    door("/process-audio", process.process_and_wait, POST=of_process.PROCESS_AUDIO),
    door("/process-video", process.process_and_wait, POST=of_process.PROCESS_VIDEO),
    door("/status/{job_id}", process.status, GET=of_process.STATUS),
    door("/result/{job_id}", process.result, GET=of_process.RESULT_OF),
    door("/jobs/processing", process.processing, GET=of_process.PROCESSING),
    door("/video/submit", video.submit, POST=of_video.SUBMIT),
    door("/video/status/{job_id}", video.status, GET=of_video.STATUS),
    door("/video/results/{job_id}", video.results, GET=of_video.RESULTS),
    door("/v1/audio/transcriptions", openai_audio.transcriptions, POST=openai.TRANSCRIBE),
    door("/v1/audio/translations", openai_audio.translations, POST=openai.TRANSLATE),
    door("/v1/models", openai_models.list_models, GET=openai.LIST_MODELS),
    door("/v1/models/{model}", openai_models.get_model, GET=openai.GET_MODEL),
    door(AGENTS, agents.mcp, POST=of_agents.MCP),
)
