"""ggml's quantised blocks against their definition, and where they stand in a file."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.adapters.weights.catalogue import GGML_NAMES, SHIPPED, offered
from app.adapters.weights.ggml import convert
from app.adapters.weights.ggml_blocks import BLOCK, FORMS, q5_1, q8_0
from app.adapters.weights.inspection import GGML_BLOCKS, inspect
from app.domain.models import ModelKind
from tests.unit.test_weights_ggml import toy_whisper, write_ct2


def read_q8_0(block: bytes) -> np.ndarray:
    (scale,) = struct.unpack_from("<e", block)
    return np.float32(scale) * np.frombuffer(block, "i1", BLOCK, 2)


def read_q5_1(block: bytes) -> np.ndarray:
    """Value by value, as ggml's definition has it."""
    step, least, fifth = struct.unpack_from("<eeI", block)
    low = [byte & 15 for byte in block[8:]] + [byte >> 4 for byte in block[8:]]
    levels = [four | (fifth >> place & 1) << 4 for place, four in enumerate(low)]
    return np.float32(least) + np.float32(step) * np.array(levels, np.float32)


def read(name: str, content: bytes) -> np.ndarray:
    size = {"q8_0": 34, "q5_1": 24}[name]
    reader: Callable[[bytes], np.ndarray] = {"q8_0": read_q8_0, "q5_1": read_q5_1}[name]
    blocks = [content[at : at + size] for at in range(0, len(content), size)]
    return np.concatenate([reader(block) for block in blocks])


@pytest.mark.parametrize(("name", "steps"), [("q8_0", 254), ("q5_1", 31)])
def test_what_a_block_holds_is_no_further_off_than_half_a_step(name: str, steps: int) -> None:
    values = np.random.default_rng(1).standard_normal((40, 64)).astype("<f4")
    found = read(name, FORMS[name].write(values)).reshape(-1, BLOCK)
    rows = values.reshape(-1, BLOCK)
    reach = {"q8_0": 2 * np.abs(rows).max(1), "q5_1": np.ptp(rows, axis=1)}[name]
    # Step and least value are half precision: 2**-11 of what they stand for.
    slack = reach / steps / 2 + np.abs(rows).max(1) * 2.0**-9
    assert (np.abs(found - rows).max(1) <= slack).all()


def test_values_that_fit_the_steps_come_back_whole() -> None:
    whole = np.arange(-127, 128, 8, dtype="<f4")
    whole[-1] = 127
    assert np.array_equal(read("q8_0", q8_0(whole)), whole)
    levels = np.random.default_rng(2).permutation(BLOCK).astype("<f4") / 4 - 3
    assert np.array_equal(read("q5_1", q5_1(levels)), levels)


def test_halves_are_rounded_away_from_zero() -> None:
    values = np.zeros(BLOCK, "<f4")
    values[:5] = 127, 0.5, -0.5, 2.5, -2.5
    assert read("q8_0", q8_0(values))[:5].tolist() == [127, 1, -1, 3, -3]


@pytest.mark.parametrize("name", list(FORMS))
@pytest.mark.parametrize("value", [0.0, -0.5])
def test_a_block_of_one_value_is_that_value(name: str, value: float) -> None:
    values = np.full(BLOCK, value, "<f4")
    assert read(name, FORMS[name].write(values)) == pytest.approx(values, abs=1e-3)


@pytest.mark.parametrize(("name", "kind", "file"), [("q8_0", 8, 2007), ("q5_1", 7, 2009)])
def test_matrices_are_quantised_and_what_whisper_cpp_keeps_whole_is_not(
    tmp_path: Path, name: str, kind: int, file: int
) -> None:
    write_ct2(tmp_path / "model.bin", toy_whisper(BLOCK))
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {"a": 0}}}))
    target = tmp_path / "out.bin"
    convert(tmp_path, target, lambda done: None, FORMS[name])
    inspect(target, ModelKind.WHISPER_GGML)
    assert struct.unpack_from("<12i", target.read_bytes())[11] == file
    kinds = kinds_of(target)
    matrices = {label for label, (rank, _) in kinds.items() if rank == 2}
    whole = {f"{part}.positional_embedding" for part in ("encoder", "decoder")}
    whole |= {"encoder.conv1.bias", "encoder.conv2.bias"}
    assert {label for label, (_, found) in kinds.items() if found == kind} == matrices - whole
    assert all(kinds[label][1] == 0 for label in whole)
    assert kinds["encoder.conv1.weight"] == (3, 1)


def kinds_of(path: Path) -> dict[str, tuple[int, int]]:
    """Rank and type of each tensor, by name."""
    data = path.read_bytes()
    rows, columns = struct.unpack_from("<2i", data, 48)
    at = 56 + rows * columns * 4
    at += 4 + struct.unpack_from("<i", data, at)[0] * 5  # words of one letter
    found = {}
    while at < len(data):
        rank, length, kind = struct.unpack_from("<3i", data, at)
        shape = struct.unpack_from(f"<{rank}i", data, at + 12)
        at += 12 + 4 * rank
        found[data[at : at + length].decode()] = rank, kind
        values, size = GGML_BLOCKS[kind]
        at += length + int(np.prod(shape)) // values * size
    return found


def test_wheels_offer_their_models_quantised_under_the_names_of_the_hub() -> None:
    names = {item.name for item in offered(SHIPPED, ModelKind.WHISPER_GGML)}
    assert {"tiny.en-q8_0", "tiny.en-q5_1", "base-q8_0", "base-q5_1"} < names <= set(GGML_NAMES)
    ct2 = {item.name for item in offered(SHIPPED, ModelKind.WHISPER_CT2)}
    assert ct2 == {"tiny.en", "base"}
