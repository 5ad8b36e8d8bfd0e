"""Media to search in: the corpus beside the repository, and what the tests make or a package ships.

Each under the name by which the queries know it.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from tests import media, pictures

#: Of the corpus; its other folders hold nothing to find.
FOLDERS = ("speech", "speech_synthetic_multilingual", "video", "images", "mdx")
#: References and captions: they are not taken in.
TOLD = (".txt", ".vtt")
SLIDES = (
    ("Quarterly revenue", "Sales grew by nine percent"),
    ("Glacier retreat", "Melting ice in the high mountains"),
    ("Sourdough starter", "A recipe for bread with wild yeast"),
)
SLIDE_SECONDS = 4
SCREENSHOTS = {
    "invoice.png": ("INVOICE 4711 - OVERDUE", "Please pay this bill by 15 March", "Total: 318.40"),
    "notice.png": ("Umbrella stand", "Guests leave wet coats and boots here", "Thank you!"),
}
TEXTS = {
    "bread.mdx": """---
title: Bread for beginners
---
import {Oven} from './oven.jsx'

# Bread

Flour, water, salt and time are all that a loaf needs.

## Kneading

Stretch the dough by hand for ten minutes until it is smooth and springs back.

## Baking

<Oven hot />

Heat the oven to 240 degrees Celsius and bake for forty minutes.

```js
const bakersPercentage = (water, flour) => (100 * water) / flour
```
""",
    "bicycle.md": """# Care of a bicycle

Ten minutes a month keep it running for years.

## The chain

Brush off the grit, then put a drop of oil on every link.

## A puncture

Take the inner tube out, find the hole under water, roughen the rubber and glue a patch on it.
A flat tyre is mended within a quarter of an hour.
""",
}


def corpus() -> dict[str, Path]:
    """Nothing where there is none."""
    files = (file for name in FOLDERS for file in sorted((media.CORPUS / name).glob("*")))
    return {str(file.relative_to(media.CORPUS)): file for file in files if file.suffix not in TOLD}


def captions(found: Mapping[str, Path]) -> dict[str, str]:
    """Of pictures, by name."""
    told = {name: file.with_suffix(".txt") for name, file in found.items() if "images/" in name}
    return {name: file.read_text("utf-8").strip() for name, file in told.items()}


def made(folder: Path) -> dict[str, Path]:
    """Made there, or read out of a package."""
    found = {"jfk.flac": media.OWN / "jfk.flac", "two_cities.wav": media.fetch_two_cities()}
    found |= {name: _shipped("sklearn", "datasets/images", name) for name in PHOTOS}
    found |= {name: pictures.page(folder / name, text) for name, text in SCREENSHOTS.items()}
    for name, text in TEXTS.items():
        found[name] = folder / name
        found[name].write_text(text, encoding="utf-8")
    return found | {"slides.mp4": slides(folder / "slides.mp4")}


PHOTOS = ("china.jpg", "flower.jpg")


def _shipped(package: str, folder: str, name: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise OSError(f"{name} is shipped by {package}, which is not installed")
    return Path(found.origin).parent / folder / name


def slides(path: Path) -> Path:
    """A video of pages with words on them, without sound."""
    inputs: list[str | Path] = []
    for number, lines in enumerate(SLIDES):
        page = pictures.page(path.with_name(f"slide-{number}.png"), lines)
        inputs += ["-loop", "1", "-t", str(SLIDE_SECONDS), "-i", page]
    joined = f"concat=n={len(SLIDES)}:v=1,format=yuv420p"
    media.run_ffmpeg([*inputs, "-filter_complex", joined, "-r", "10", path])
    return path
