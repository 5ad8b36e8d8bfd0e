"""Where the links of assets may lead to: nothing that runs, and no host that looks like a path."""

import re

#: As JSON Schema has it, too. Browsers take a backslash for a slash.
PATTERN = r"^(https?://[^\x00-\x20\x7f]+|/([^/\\\x00-\x20\x7f][^\x00-\x20\x7f]*)?)$"
_LINK = re.compile(PATTERN)


def may_lead_to(link: str) -> bool:
    return _LINK.fullmatch(link) is not None
