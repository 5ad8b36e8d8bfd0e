"""The ports for pictures over real decoders, between walls, and real models in a real worker."""

import math
import os
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from app.adapters.pictures import child, reading
from app.adapters.pictures.darkroom import PillowDarkroom
from app.adapters.pictures.lite0 import Lite0Eyes
from app.adapters.pictures.opening import MAX_BYTES, SIDE
from app.adapters.pictures.reading import RapidReader
from app.adapters.weights.shelf import ModelShelf
from app.domain.assets import TextLine
from app.domain.errors import (
    MediaTooLarge,
    MediaUnreadable,
    SourceGone,
    SpoolError,
    StorageError,
    Unavailable,
)
from app.domain.media_types import MediaType, media_type_of
from app.domain.models import ModelKind
from app.domain.pictures import THUMBNAIL_SIDE, Sight, Size
from app.ports import Darkroom, TextReader, Vector, VisualEmbedder
from app.services.folder_walk import media_in
from tests import caged
from tests.contracts.test_embedder import OneWorker
from tests.pictures import halves, page, scene

ROOT = Path(__file__).parents[2]
MOST = 4_000_000  # pixels
#: From a file, as a stranger sends it, to what is found in it.
LinesOf = Callable[[Path], Awaitable[list[TextLine]]]
SightOf = Callable[[Path], Awaitable[Sight]]
MODES = {
    "grey.png": "L",
    "grey.jpg": "L",
    "line.png": "1",
    "cmyk.jpg": "CMYK",
    "colour.webp": "RGB",
    "colour.avif": "RGB",
    "colour.bmp": "RGB",
    "colour.gif": "P",
    "colour.tiff": "RGB",
    "sixteen.png": "I;16",
    "clear.png": "RGBA",
    "clear-grey.png": "LA",
    "clear.webp": "RGBA",
}


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneWorker]:
    worker = OneWorker(tmp_path_factory.mktemp("output") / "printed")
    yield worker
    worker.close()


@pytest.fixture
def darkroom(worker: OneWorker, tmp_path: Path) -> Darkroom:
    return PillowDarkroom(worker, caged.decoder(tmp_path / "scratch", MOST))


@pytest.fixture
def reader(worker: OneWorker) -> TextReader:
    return RapidReader(worker)


@pytest.fixture
def eyes(worker: OneWorker, model_folder: Path) -> VisualEmbedder:
    found = ModelShelf(model_folder).find("efficientnet-lite0", ModelKind.VISUAL)
    return Lite0Eyes(worker, found.path, "efficientnet-lite0")


async def developed(darkroom: Darkroom, source: Path, thumbnail: Path) -> Size:
    with closing(await darkroom.develop(source)) as bitmap:
        await darkroom.shrink(bitmap, thumbnail)
        return bitmap.size


@pytest.fixture
def lines_of(darkroom: Darkroom, reader: TextReader) -> LinesOf:
    async def found(source: Path) -> list[TextLine]:
        with closing(await darkroom.develop(source)) as bitmap:
            return list(await reader.read(bitmap))

    return found


@pytest.fixture
def sight_of(darkroom: Darkroom, eyes: VisualEmbedder) -> SightOf:
    async def found(source: Path) -> Sight:
        with closing(await darkroom.develop(source)) as bitmap:
            return await eyes.see(bitmap)

    return found


def cosine(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


# Darkroom


@pytest.mark.parametrize(
    ("orientation", "left", "top"),
    [
        (1, "red", None),
        (2, "blue", None),
        (3, "blue", None),
        (4, "red", None),
        (5, None, "red"),
        (6, None, "red"),
        (7, None, "blue"),
        (8, None, "blue"),
        (99, "red", None),
    ],
)
async def test_a_picture_stands_upright_as_its_camera_says(
    darkroom: Darkroom, tmp_path: Path, orientation: int, left: str | None, top: str | None
) -> None:
    source, small = halves(tmp_path / "photo.jpg", orientation), tmp_path / "small.jpg"
    size = await developed(darkroom, source, small)
    assert (size.width, size.height) == ((600, 400) if left else (400, 600))
    with Image.open(small) as image:
        assert max(image.size) == THUMBNAIL_SIDE
        assert (image.width > image.height) == (left is not None)
        colours = {"red": (254, 0, 0), "blue": (0, 0, 254)}
        near = (20, image.height // 2) if left else (image.width // 2, 20)
        assert image.getpixel(near) == pytest.approx(colours[left or top or ""], abs=8)
        assert not image.getexif()


@pytest.mark.parametrize("name", MODES)
async def test_every_kind_of_picture_is_developed(
    darkroom: Darkroom, tmp_path: Path, name: str
) -> None:
    source, small = tmp_path / name, tmp_path / "small.jpg"
    Image.new(MODES[name], (60, 40)).save(source)
    size = await developed(darkroom, source, small)
    assert (size.width, size.height) == (60, 40)
    with Image.open(small) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (60, 40))
        white = MODES[name] in ("RGBA", "LA", "CMYK")  # no colour, or no ink
        assert image.getpixel((5, 5)) == pytest.approx((255,) * 3 if white else (0,) * 3, abs=4)


async def test_what_pillow_loads_only_once_it_needs_it_is_there_behind_the_walls(
    darkroom: Darkroom, tmp_path: Path
) -> None:
    """As a camera with two lenses writes it, colours of another kind, and what libtiff packs."""
    red, blue = (Image.new("RGB", (60, 40), colour) for colour in ("red", "blue"))
    red.save(tmp_path / "two.jpg", "MPO", save_all=True, append_images=[blue])
    red.save(tmp_path / "moving.gif", save_all=True, append_images=[blue])
    Image.new("LAB", (60, 40)).save(tmp_path / "lab.tiff")
    packed = ("tiff_deflate", "tiff_lzw", "jpeg")
    for each in packed:
        red.save(tmp_path / f"{each}.tiff", compression=each)
    for name in ("two.jpg", "moving.gif", "lab.tiff", *(f"{each}.tiff" for each in packed)):
        with closing(await darkroom.develop(tmp_path / name)) as bitmap:
            assert bitmap.size == Size(width=60, height=40), name


async def test_grey_of_sixteen_bits_keeps_its_shades(darkroom: Darkroom, tmp_path: Path) -> None:
    source, small = tmp_path / "scan.png", tmp_path / "small.jpg"
    Image.new("I;16", (60, 40), 0x8000).save(source)
    await developed(darkroom, source, small)
    with Image.open(small) as image:
        assert image.getpixel((5, 5)) == pytest.approx((128,) * 3, abs=3)


async def test_a_bomb_is_refused_before_it_goes_off(darkroom: Darkroom, tmp_path: Path) -> None:
    source, small = tmp_path / "bomb.png", tmp_path / "small.jpg"
    Image.new("1", (30_000, 30_000)).save(source)
    assert source.stat().st_size < 1_000_000  # would be 3.6 GB as it is looked at
    with pytest.raises(MediaTooLarge, match="30000 x 30000"):
        await developed(darkroom, source, small)
    assert not small.exists()


async def test_a_file_that_is_too_long_is_refused_before_a_decoder_takes_it_in(
    darkroom: Darkroom, tmp_path: Path
) -> None:
    """Those of WebP and AVIF read all of it before they tell how many pixels there are."""
    source = tmp_path / "photo.webp"
    with source.open("wb") as file:
        file.write(b"RIFF\xff\xff\xff\xffWEBPVP8 ")
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(MediaTooLarge, match=f"{MAX_BYTES + 1} bytes"):
        await developed(darkroom, source, tmp_path / "small.jpg")


async def test_a_large_picture_with_transparency_is_not_copied_whole(
    worker: OneWorker, tmp_path: Path
) -> None:
    """It is 144 MB as it is decoded, and as much on white; with copies it would be 720."""
    source, small = tmp_path / "clear.png", tmp_path / "small.jpg"
    image = Image.new("RGBA", (6000, 6000), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 3000, 6000, 6000))
    image.save(source, compress_level=1)
    decoder = caged.decoder(tmp_path, 100_000_000, memory_bytes=600 << 20)
    size = await developed(PillowDarkroom(worker, decoder), source, small)
    assert (size.width, size.height) == (6000, 6000)
    with Image.open(small) as made:
        assert made.size == (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
        assert made.getpixel((9, 9)) == pytest.approx((255,) * 3, abs=4)
        below = made.getpixel((9, THUMBNAIL_SIDE - 9))
        assert below == pytest.approx((254, 0, 0), abs=8)


@pytest.mark.parametrize("name", ["IMG_0042.HEIC", "photo.heif", "drawing.svg"])
async def test_a_kind_of_picture_that_is_not_read_is_named_as_a_picture(
    darkroom: Darkroom, tmp_path: Path, name: str
) -> None:
    """And not as sound in which nothing can be heard; who walks through folders passes it by."""
    assert media_type_of(name) is MediaType.IMAGE
    source = tmp_path / name
    source.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    with pytest.raises(MediaUnreadable, match="no picture of a kind that is known here: AVIF"):
        await developed(darkroom, source, tmp_path / "small.jpg")
    assert [path for path, _ in media_in(tmp_path)] == []


def _broken(folder: Path) -> dict[str, bytes]:
    whole = {}
    for name in ("a.png", "a.jpg", "a.gif", "a.webp", "a.avif", "a.tiff"):
        source = scene(folder / name, "green", "yellow")
        whole[name] = source.read_bytes()
    cut = {f"cut-{name}": content[: len(content) // 3] for name, content in whole.items()}
    return cut | {
        "words.png": b"I am no picture.",
        "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        "program.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n",
        "zeros.jpg": bytes(4096),
        "head.png": b"\x89PNG\r\n\x1a\n" + bytes(64),
    }


async def test_what_is_no_whole_picture_is_refused_without_a_path_of_this_machine(
    darkroom: Darkroom, tmp_path: Path
) -> None:
    for name, content in _broken(tmp_path).items():
        source, small = tmp_path / name, tmp_path / "small.jpg"
        source.write_bytes(content)
        with pytest.raises(MediaUnreadable) as caught:
            await developed(darkroom, source, small)
        assert str(tmp_path) not in caught.value.message, name
        assert not {"small.jpg", "small.jpg.part"} & set(os.listdir(tmp_path))


async def test_broken_pictures_of_others_never_end_a_worker(
    darkroom: Darkroom, corpus: Path, tmp_path: Path
) -> None:
    for source in sorted((corpus / "malformed").glob("*.avif")):
        try:
            await developed(darkroom, source, tmp_path / "small.jpg")
        except SpoolError as error:
            assert error.code == "media.unreadable", source


def test_no_change_of_bytes_makes_it_fail_in_a_way_that_is_not_planned(tmp_path: Path) -> None:
    chance = random.Random(5)
    source, out = tmp_path / "changed", tmp_path / "pixels"
    for name in ("a.png", "a.jpg", "a.gif", "a.webp", "a.tiff", "a.bmp"):
        whole = halves(tmp_path / name, size=(90, 60)).read_bytes()
        for _ in range(60):
            changed = bytearray(whole)
            for _ in range(chance.randint(1, 12)):
                changed[chance.randrange(min(len(changed), 600))] = chance.randrange(256)
            source.write_bytes(changed)
            try:
                with source.open("rb") as file, out.open("wb") as pixels:
                    child.decoded(file, pixels, MOST)
            except (MediaUnreadable, MediaTooLarge):
                continue


async def test_a_picture_that_is_gone_says_so(darkroom: Darkroom, tmp_path: Path) -> None:
    with pytest.raises(SourceGone):
        await darkroom.develop(tmp_path / "gone.png")


async def test_what_is_handed_on_is_plain_upright_and_no_larger_than_anybody_looks_at(
    darkroom: Darkroom, tmp_path: Path
) -> None:
    source = halves(tmp_path / "photo.jpg", orientation=6, size=(2400, 1200))
    bitmap = await darkroom.develop(source)
    pixels = bitmap.path.read_bytes()
    assert (bitmap.width, bitmap.height, bitmap.size) == (1000, SIDE, Size(width=1200, height=2400))
    assert len(pixels) == 3 * 1000 * SIDE
    assert tuple(pixels[:3]) == pytest.approx((254, 0, 0), abs=8)
    assert tuple(pixels[-3:]) == pytest.approx((0, 0, 254), abs=8)
    bitmap.close()
    assert not bitmap.path.exists()


async def test_a_thumbnail_that_cannot_be_kept_is_the_disks_fault(
    darkroom: Darkroom, tmp_path: Path
) -> None:
    with closing(await darkroom.develop(halves(tmp_path / "a.png"))) as bitmap:
        with pytest.raises(StorageError):
            await darkroom.shrink(bitmap, tmp_path / "nowhere" / "small.jpg")


# TextReader


async def test_lines_are_read_from_top_to_bottom(lines_of: LinesOf, tmp_path: Path) -> None:
    said = ["Budget for the harbour", "Lighthouse repairs 2027", "zeppelin mooring fees"]
    lines = await lines_of(page(tmp_path / "slide.png", said))
    assert [line.text for line in lines] == said
    assert all(0.6 <= line.score <= 1 for line in lines)


async def test_text_in_a_photo_that_lies_on_its_side_is_read(
    lines_of: LinesOf, tmp_path: Path
) -> None:
    with Image.open(page(tmp_path / "page.png", ["Lighthouse repairs"])) as image:
        exif = Image.Exif()
        exif[0x0112] = 6
        image.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "photo.jpg", exif=exif)
    [line] = await lines_of(tmp_path / "photo.jpg")
    assert line.text == "Lighthouse repairs"


async def test_where_nothing_stands_nothing_is_read(lines_of: LinesOf, tmp_path: Path) -> None:
    assert not await lines_of(halves(tmp_path / "a.png"))


async def test_a_scanned_page_is_read(lines_of: LinesOf, corpus: Path) -> None:
    text = " ".join(line.text for line in await lines_of(corpus / "images" / "page.png"))
    assert "Region-based segmentation" in text and "markers of the coins" in text


async def test_a_reader_that_is_not_installed_says_so(
    reader: TextReader, lines_of: LinesOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match="not installed") as caught:
        await lines_of(halves(tmp_path / "a.png"))
    assert caught.value.code == "ocr.unavailable"
    assert reader.missing() == caught.value.message


# VisualEmbedder


async def test_pictures_that_look_alike_lie_near_each_other(
    eyes: VisualEmbedder, sight_of: SightOf, tmp_path: Path
) -> None:
    ball = await sight_of(scene(tmp_path / "ball.png", "white", "orange"))
    moved = await sight_of(scene(tmp_path / "moved.jpg", "white", "orange", shift=25))
    text = await sight_of(page(tmp_path / "page.png", ["Lighthouse repairs"] * 4))
    assert len(ball.vector) == eyes.dimensions == 1280
    assert math.hypot(*ball.vector) == pytest.approx(1, abs=1e-5)
    assert ball.model == "efficientnet-lite0"
    assert cosine(ball.vector, moved.vector) > 0.9
    assert cosine(ball.vector, moved.vector) > cosine(ball.vector, text.vector) + 0.3


async def test_a_picture_of_one_pixel_is_a_picture(sight_of: SightOf, tmp_path: Path) -> None:
    Image.new("RGB", (1, 1), "red").save(tmp_path / "dot.png")
    assert len((await sight_of(tmp_path / "dot.png")).vector) == 1280


async def test_tags_name_what_is_sure(sight_of: SightOf, corpus: Path) -> None:
    cup = await sight_of(corpus / "images" / "coffee.png")
    sky = await sight_of(corpus / "images" / "balloons.avif")
    assert (cup.tags[0].label, sky.tags[0].label) == ("espresso", "balloon")
    assert cup.tags[0].score > 0.8
    drawing = await sight_of(corpus / "images" / "duck_and_truck.jpg")
    assert drawing.tags == ()


async def test_without_words_only_a_picture_finds_pictures(eyes: VisualEmbedder) -> None:
    assert not eyes.knows_words
    with pytest.raises(Unavailable, match="knows no words"):
        await eyes.imagine("a cup")


# all of them


async def test_nothing_is_printed(
    darkroom: Darkroom, reader: TextReader, eyes: VisualEmbedder, worker: OneWorker, tmp_path: Path
) -> None:
    source = page(tmp_path / "slide.png", ["Lighthouse repairs"])
    with closing(await darkroom.develop(source)) as bitmap:
        await darkroom.shrink(bitmap, tmp_path / "small.jpg")
        await reader.read(bitmap)
        await eyes.see(bitmap)
    assert worker.output.read_text() == ""


def test_the_service_can_import_them_without_their_libraries() -> None:
    script = """
import sys
import app.adapters.pictures.clip, app.adapters.pictures.darkroom, app.adapters.pictures.lite0
import app.adapters.pictures.describer, app.adapters.pictures.reading
heavy = {"numpy", "PIL", "torch", "sentence_transformers", "onnxruntime", "rapidocr", "cv2"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
