"""How to have what a lean installation does without: torch, topics, text in pictures."""

from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "install"


def full_set() -> str:
    """A command. A wheel comes without scripts."""
    return "scripts/install --full" if SCRIPT.is_file() else "pip install 'spool-media[torch]'"
