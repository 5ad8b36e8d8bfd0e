"""The ONNX form of Resemblyzer, made without PyTorch, hears what PyTorch's own hears."""

from pathlib import Path

import numpy as np
import pytest

from app.adapters.weights import places, torch_file, voice_onnx
from app.adapters.weights.shelf import ModelShelf
from app.domain.errors import ModelCorrupt, ModelNotFound
from app.domain.models import ModelKind, ModelSource

#: What resemblyzer 0.1.4 gives for `waves`: the places of the largest numbers, with their values.
VOICE = {238: 0.273127, 215: 0.222575, 102: 0.200431, 191: 0.197504, 165: 0.193337, 159: 0.191854}


def waves() -> "np.ndarray":
    """float32 [1, 160, 40]."""
    time, band = np.mgrid[0:160, 0:40].astype(np.float32)
    found: np.ndarray = (np.sin(time / 9 + band / 5) ** 2)[None].astype(np.float32)
    return found


@pytest.fixture
def weights(model_folder: Path) -> Path:
    try:
        return ModelShelf(model_folder).find("resemblyzer", ModelKind.VOICE).path
    except ModelNotFound as error:
        pytest.skip(f"the voice model is not here: {error}")


def test_it_hears_what_the_original_hears(weights: Path) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(weights)
    [voices] = session.run(["voice"], {"frames": np.concatenate([waves(), waves() * 2])})
    assert voices.shape == (2, 256)
    assert list(np.argsort(-voices[0])[: len(VOICE)]) == list(VOICE)
    assert voices[0][list(VOICE)] == pytest.approx(list(VOICE.values()), abs=1e-4)
    assert np.linalg.norm(voices, axis=1) == pytest.approx(1, abs=1e-5)


def test_it_is_listed_and_found_in_its_folder(weights: Path) -> None:
    shelf = ModelShelf(weights.parent, pypi=False, hub=False)
    assert shelf.find("resemblyzer", ModelKind.VOICE).source is ModelSource.FOLDER
    [entry] = [entry for entry in shelf.entries() if entry.name == "resemblyzer"]
    assert (entry.kind, entry.sources[0]) == (ModelKind.VOICE, ModelSource.FOLDER)
    kinds = {kind for name, kind in places.scan(weights.parent) if "resemblyzer" in name}
    assert kinds == {ModelKind.VOICE}


def test_weights_that_lack_a_layer_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_file, "read", lambda path, part: {})
    with pytest.raises(ModelCorrupt, match="lstm"):
        voice_onnx.convert(tmp_path / "weights.pt", tmp_path / "voice.onnx", lambda done: None)
