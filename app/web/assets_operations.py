"""What the routes of assets take and answer."""

from app.domain.keys import Scope
from app.web import assets_answers as answers
from app.web import assets_schemas as schemas
from app.web.assets_forms import AssetForm, Push
from app.web.cached_answers import HAVE, kept
from app.web.ingest_operations import KEY, LOCATION
from app.web.operation import FORM, HTML, JSON, LINES, Answer, Operation
from app.web.schemas import NoQuery
from app.web.watch import WatchQuery

TAKE_IN_ASSET = Operation(
    name="take_in_asset",
    summary="Take an asset in, or look at a known one again",
    tag="assets",
    scope=Scope.INGEST,
    description="`initial` needs a source: `path`, `url` or `text` in `extra`, or a form with "
    "`payload` and `file`. `post_label` and `refresh` note what else `extra` tells, and make the "
    "index of the asset anew.",
    query=NoQuery,
    headers=KEY,
    body={JSON: schemas.AssetPayload, FORM: AssetForm},
    answers={
        202: Answer(
            description="The job is committed.",
            content={JSON: answers.AssetTicket},
            headers=LOCATION,
        )
    },
    refusals=(403, 404, 409, 413, 507),
)

LIST_ASSETS = Operation(
    name="list_assets",
    summary="Assets, newest first",
    tag="assets",
    scope=Scope.READ,
    description="Key-frames only when asked for by `media_type` or `parent_id`.",
    query=schemas.AssetQuery,
    answers={200: Answer(description="One page.", content={JSON: answers.AssetPage})},
)

GET_ASSET = Operation(
    name="get_asset",
    summary="One asset",
    tag="assets",
    scope=Scope.READ,
    query=NoQuery,
    answers={200: Answer(description="The asset.", content={JSON: answers.Asset})},
    refusals=(404,),
)

PATCH_ASSET = Operation(
    name="patch_asset",
    summary="Correct what is known of an asset",
    tag="assets",
    scope=Scope.INGEST,
    description="What is not named stays. It is found as corrected when the answer comes, or a "
    "little later: `indexed` tells.",
    query=NoQuery,
    body={JSON: schemas.AssetPatch},
    answers={
        200: Answer(description="The asset, corrected.", content={JSON: answers.CorrectedAsset})
    },
    refusals=(404, 409, 413),
)

DELETE_ASSET = Operation(
    name="delete_asset",
    summary="Delete an asset with all that is known of it",
    tag="assets",
    scope=Scope.ADMIN,
    description="With its jobs, files and moments, and the key-frames of a video.",
    query=NoQuery,
    answers={204: Answer(description="It is gone.")},
    refusals=(404, 409),
)

GET_THUMBNAIL = Operation(
    name="get_thumbnail",
    summary="A small picture of an asset",
    tag="assets",
    scope=Scope.READ,
    query=NoQuery,
    headers=HAVE,
    answers=kept("A JPEG.", "image/jpeg"),
    refusals=(404, 409),
)

WATCH = Operation(
    name="watch",
    summary="An asset as a page to read, play and correct",
    tag="assets",
    scope=Scope.READ,
    description="By its name, or a record by its `id`: what it is a moment of, else its words.",
    query=WatchQuery,
    answers={200: Answer(description="The page.", content={HTML: None})},
    refusals=(404, 409),
    pages=True,
)

SYNC_CONTENT = Operation(
    name="sync_content",
    summary="Push pages of a site",
    tag="assets",
    scope=Scope.INGEST,
    description="One page, or many in `pages`. The same content again does nothing; "
    "`deleted` takes a page out.",
    query=NoQuery,
    body={JSON: Push},
    answers={
        200: Answer(
            description="There is nothing left to do.", content={JSON: answers.SyncedPages}
        ),
        202: Answer(description="Jobs are committed.", content={JSON: answers.SyncedPages}),
    },
    refusals=(409, 413, 507),
)

DEBUG_INGESTION = Operation(
    name="debug_ingestion",
    summary="How taking in goes, live",
    tag="service",
    scope=Scope.READ,
    description="A JSON object a line: at once, then every `interval` seconds.",
    query=schemas.FiguresQuery,
    answers={200: Answer(description="Lines.", content={LINES: None})},
)
