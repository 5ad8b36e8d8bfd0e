"""Strings that mean something to those who build a query out of text."""

import os
from random import Random

#: `SPOOL_TEST_FILTERS=5000` tries so many of them.
NUMBER = int(os.environ.get("SPOOL_TEST_FILTERS") or 150)
SEED = 8
FRAGMENTS = (
    *("'", '"', "\\", "`", "%", "_", "*", "?", "$1", ":p", ";", "--", "/*", "*/", "#", "(", ")"),
    *(" OR ", " AND ", " NOT ", "true", "1=1", "NULL", "0x27", " IN ", " LIKE ", " UNION SELECT "),
    *(
        "DROP TABLE assets",
        "asset_id",
        "label_keys",
        "other",
        "a",
        "é",
        "日本",
        "🎬",
        "\u202e",
        " ",
    ),
    *("{", "}", "[", "]", ",", "|", "&", "<", ">", "=", "%27", "%00", "\\u0027", "''", "\\'", " "),
)

#: Lists of the database, what they can be asked for, and where the rows stand: no string names one.
LISTS = (
    ("/api/v1/assets", "parent_id", "assets"),
    ("/api/v1/assets", "media_type", "assets"),
    ("/api/v1/assets", "cursor", "assets"),
    ("/api/v1/jobs", "status", "jobs"),
    ("/api/v1/jobs", "sha256", "jobs"),
    ("/api/v1/jobs", "cursor", "jobs"),
    ("/api/v1/dead-letters", "cursor", "jobs"),
    ("/api/v1/webhooks/deliveries", "job_id", "deliveries"),
    ("/api/v1/webhooks/deliveries", "cursor", "deliveries"),
    ("/api/v1/shares", "asset_id", "shares"),
)


def hostile_strings(number: int = NUMBER, seed: int = SEED) -> list[str]:
    """Each once, the same each time."""
    chance, found = Random(seed), dict.fromkeys(("' OR 1=1 --", '" OR true --'))
    while len(found) < number:
        found["".join(chance.choices(FRAGMENTS, k=chance.randint(1, 8))).strip() or "x"] = None
    return list(found)
