"""What the routes of retention take and answer."""

from app.domain.keys import Scope
from app.web import retention_answers as answers
from app.web.operation import JSON, Answer, Operation
from app.web.schemas import NoQuery

SHOW_RETENTION = Operation(
    name="show_retention",
    summary="Jobs whose time is over, by rule",
    tag="jobs",
    scope=Scope.ADMIN,
    description=(
        "They go within the hour, ten minutes after a start at the soonest, or at once by POST; "
        "nothing is deleted by looking."
    ),
    query=NoQuery,
    answers={
        200: Answer(description="What would go now.", content={JSON: answers.Retention}),
    },
)

LET_GO = Operation(
    name="let_go",
    summary="Delete jobs whose time is over, now",
    tag="jobs",
    scope=Scope.ADMIN,
    description="With their files and all that is found of them. Of what waits or runs none goes.",
    query=NoQuery,
    answers={200: Answer(description="They are gone.", content={JSON: answers.LetGo})},
)

SHOW_ORPHANS = Operation(
    name="show_orphans",
    summary="Files that no job needs",
    tag="jobs",
    scope=Scope.ADMIN,
    description="Those that are older than a day. They go within the hour, or at once by POST.",
    query=NoQuery,
    answers={
        200: Answer(description="What would go now.", content={JSON: answers.Orphans}),
    },
)

REMOVE_ORPHANS = Operation(
    name="remove_orphans",
    summary="Remove files that no job needs, now",
    tag="jobs",
    scope=Scope.ADMIN,
    query=NoQuery,
    answers={200: Answer(description="They are gone.", content={JSON: answers.Removed})},
)
