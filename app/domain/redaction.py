"""What of a text may be told to others: no keys and tokens, and nothing that spoils a log."""

import re
from collections.abc import Iterable

HIDDEN = "***"
#: Characters; a shorter secret stands in many words that are none.
LEAST = 6
#: Characters of a key that may come behind the place where a text is cut.
LONGEST = 500

#: What is random has these behind its first letter, and words of people seldom do.
_RANDOM = r"(?=[\w~+/-]{1,200}?(?-i:[A-Z\d]))"
_NAMES = r"key(?:_?id)?|tokens?|secret|passw(?:or)?d|signature|credentials?|\bsig"

#: Each keeps its first group. What they may try is bounded, for strangers write these texts; and
#: so is what they take, for people call files `Basic Thermodynamics.mp4` and folders `shared`.
PATTERNS = tuple(
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        r"(spool_)(?=[\w-]{0,42}(?-i:[A-Z]))[\w-]{43}",
        r"(?<![a-z0-9])(whsec_)[\w+/-]{16,500}=*",
        rf"(?<![a-z0-9])(sk-|hf_){_RANDOM}[\w-]{{16,500}}",
        rf"(\b(?:bearer|basic)[ :=]{{1,3}}){_RANDOM}[\w.~+/-]{{16,2000}}=*",
        r"(/shared/)[\w-]{43,200}",
        r"(://[^/?#\s:@]{0,200}:)[^/?#\s]{1,500}(?=@)",
        rf"([?&;][\w.-]{{0,40}}(?:{_NAMES})=)[^&;\s\"'<>]{{1,2000}}",
    )
)


def redacted(text: str, known: Iterable[str] = ()) -> str:
    """Without what looks like a key, and without the `known` ones, whatever they look like."""
    for secret in known:
        text = text.replace(secret, HIDDEN)
    for pattern in PATTERNS:
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text


def one_line(text: str, most: int, known: Iterable[str] = ()) -> str:
    """All that can be told of it in one line: nothing moves a terminal, or looks like a line more.

    Of more than `most` characters it says how many are left out.
    """
    line = escaped(redacted(text[: most + LONGEST], known)[:most])
    return f"{line}… ({len(text) - most} characters more)" if len(text) > most else line


def escaped(text: str) -> str:
    """Line breaks, control characters and what turns the direction of writing, spelt out."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def long_enough(secrets: Iterable[str | None]) -> tuple[str, ...]:
    """Longest first, for one may begin as another does."""
    kept = {secret for secret in secrets if secret and len(secret) >= LEAST}
    return tuple(sorted(kept, key=len, reverse=True))
