"""The ONNX form of EfficientNet-Lite0, made without PyTorch, sees what PyTorch's own sees."""

import os
import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.adapters.weights import lite0_onnx, torch_file
from app.adapters.weights.shelf import ModelShelf
from app.domain.errors import ModelCorrupt
from app.domain.models import ModelKind, ModelSource

#: What efficientnet-lite-pytorch 0.1.0 gives for `waves`: the places of the largest numbers of the
#: vector, and of the likeliest labels, with their values.
VECTOR = {71: 0.267044, 31: 0.221688, 600: 0.220758, 61: 0.216621, 403: 0.195165, 900: 0.192277}
SHARES = {906: 0.337528, 741: 0.049755, 490: 0.041561}


def waves() -> "np.ndarray":
    """float32 [1, 3, 224, 224]."""
    y, x = np.mgrid[0:224, 0:224].astype(np.float32)
    return np.stack([np.sin(x / 9), np.cos(y / 7), np.sin((x + y) / 23)])[None]


def test_it_sees_what_the_original_sees(model_folder: Path) -> None:
    import onnxruntime

    folder = ModelShelf(model_folder).find("efficientnet-lite0", ModelKind.VISUAL).path
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    vectors, shares = session.run(["vector", "shares"], {"picture": waves()})
    assert (vectors.shape, shares.shape) == ((1, 1280), (1, 1000))
    for expected, found in ((VECTOR, vectors[0]), (SHARES, shares[0])):
        assert list(np.argsort(-found)[: len(expected)]) == list(expected)
        assert found[list(expected)] == pytest.approx(list(expected.values()), abs=1e-4)
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-5)
    assert shares.sum() == pytest.approx(1, abs=1e-4)


def test_a_batch_is_seen_one_by_one(model_folder: Path) -> None:
    import onnxruntime

    folder = ModelShelf(model_folder).find("efficientnet-lite0", ModelKind.VISUAL).path
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    [both] = session.run(["vector"], {"picture": np.concatenate([waves(), -waves()])})
    [alone] = session.run(["vector"], {"picture": -waves()})
    assert both[1] == pytest.approx(alone[0], abs=1e-4)


def test_there_is_a_label_for_every_share() -> None:
    labels = lite0_onnx.LABELS.read_text("utf-8").splitlines()
    assert len(labels) == len(set(labels)) == 1000
    assert labels[967] == "espresso" and all(map(str.strip, labels))


def test_it_is_listed_and_found_in_its_folder(model_folder: Path) -> None:
    shelf = ModelShelf(model_folder, pypi=False, hub=False)
    assert shelf.find("efficientnet-lite0", ModelKind.VISUAL).source is ModelSource.FOLDER
    [entry] = [entry for entry in shelf.entries() if entry.name == "efficientnet-lite0"]
    assert (entry.kind, entry.sources[0]) == (ModelKind.VISUAL, ModelSource.FOLDER)


# PyTorch's old files


class _Named:
    """Pickled as that name, called with these arguments."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def old_file(path: Path, tensors: Any, tail: bytes = b"") -> Path:
    parts: tuple[Any, ...] = (torch_file.MAGIC, 1001, {}, tensors, [])
    content = b"".join(pickle.dumps(part, 2) for part in parts)
    path.write_bytes(content + tail)
    return path


def test_a_pickle_that_would_do_anything_else_is_refused(tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    path = old_file(tmp_path / "weights.pth", OrderedDict(a=_Named(os.mkdir, str(trap))))
    with pytest.raises(ModelCorrupt, match="is no part of weights"):
        torch_file.read(path)
    assert not trap.exists()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    for content in (b"", b"words", pickle.dumps(7), bytes(100), struct.pack("<Q", 1)):
        path.write_bytes(content)
        with pytest.raises(ModelCorrupt):
            torch_file.read(path)


def test_a_bent_pickle_is_refused_whatever_it_makes_of_itself(tmp_path: Path) -> None:
    """TypeError, AttributeError, OverflowError: what stands in a file decides which."""
    path = tmp_path / "weights.pth"
    for bent in ([1], OrderedDict(a=7), OrderedDict(a=_Named(OrderedDict, 5))):
        old_file(path, bent)
        with pytest.raises(ModelCorrupt):
            torch_file.read(path)


def test_weights_that_are_not_those_of_the_model_are_refused(tmp_path: Path) -> None:
    path = old_file(tmp_path / "weights.pth", OrderedDict())
    with pytest.raises(ModelCorrupt, match="lacks the weights"):
        lite0_onnx.convert(path, tmp_path / "made", lambda _: None)
