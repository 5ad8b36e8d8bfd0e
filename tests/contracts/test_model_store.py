"""The port `ModelStore` over the shelf: real weights, real engines reading them."""

import hashlib
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from pytest_httpserver import HTTPServer

from app.adapters.weights.catalogue import SHIPPED, shipped
from app.adapters.weights.landing import alone
from app.adapters.weights.shelf import ModelShelf
from app.domain.errors import ModelCorrupt, ModelNotFound, StorageError
from app.domain.models import LocatedModel, ModelEntry, ModelKind, ModelSource
from app.ports import ModelStore

ROOT = Path(__file__).parents[2]
JFK = ROOT.parent / "shared" / "corpus" / "speech" / "jfk.wav"
MINILM = "all-MiniLM-L6-v2"
SENTENCES = ["Ask not what your country can do for you.", "The duty to the nation comes first."]
#: The first numbers that sentence-transformers gives for SENTENCES.
REFERENCE = [
    [0.0464726, 0.06421, 0.0386583, -0.0582741, 0.0118195, 0.0030563],
    [-0.0453353, -0.0040831, -0.0110541, -0.0534273, 0.0100186, 0.0290868],
]


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """Real weights, fetched once and kept between runs."""
    return ROOT / ".cache" / "models"


@pytest.fixture
def store(model_folder: Path) -> ModelStore:
    return ModelShelf(model_folder)


@pytest.fixture
def offline(tmp_path: Path) -> ModelStore:
    return ModelShelf(tmp_path, pypi=False, hub=False)


@pytest.fixture
def tiny(store: ModelStore) -> Path:
    return store.find("tiny.en", ModelKind.WHISPER_GGML).path


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tiny.en", ModelKind.WHISPER_GGML),
        ("base", ModelKind.WHISPER_GGML),
        ("silero-vad", ModelKind.SPEECH_DETECTION),
    ],
)
def test_finished_weights_are_byte_for_byte_those_of_the_catalogue(
    store: ModelStore, name: str, kind: ModelKind
) -> None:
    item = shipped(name, kind, SHIPPED)
    assert item and item.digest
    assert sha256_of(store.find(name, kind).path) == item.digest.sha256


@pytest.mark.parametrize("name", ["tiny.en", "base"])
def test_ctranslate2_weights_are_those_of_the_wheels(store: ModelStore, name: str) -> None:
    item = shipped(name, ModelKind.WHISPER_CT2, SHIPPED)
    assert item
    path = store.find(name, ModelKind.WHISPER_CT2).path
    assert path.name == f"faster-whisper-{name}"
    whole = Counter(member.target for wheel in item.wheels for member in wheel.members)
    assert {file.name for file in path.iterdir()} == set(whole)
    for wheel in item.wheels:
        for member in wheel.members:
            if whole[member.target] == 1:  # the rest are parts that were joined
                assert sha256_of(path / member.target) == member.sha256
    parts = [m for wheel in item.wheels for m in wheel.members if m.target == "model.bin"]
    assert (path / "model.bin").stat().st_size == sum(part.size for part in parts)


def test_ctranslate2_reads_its_weights(store: ModelStore) -> None:
    import ctranslate2

    path = store.find("base", ModelKind.WHISPER_CT2).path
    model = ctranslate2.models.Whisper(str(path), device="cpu", compute_type="int8")
    assert (model.is_multilingual, model.n_mels) == (True, 80)


def test_a_folder_that_a_user_put_there_is_found_by_name_and_by_path(
    store: ModelStore, offline: ModelStore, tmp_path: Path
) -> None:
    origin = store.find("tiny.en", ModelKind.WHISPER_CT2).path
    (tmp_path / "mine").symlink_to(origin, target_is_directory=True)
    found = offline.find("mine", ModelKind.WHISPER_CT2)
    assert (found.path, found.source) == (tmp_path / "mine", ModelSource.FOLDER)
    assert entry(offline, "mine", ModelKind.WHISPER_CT2).path == tmp_path / "mine"
    assert offline.find(str(origin), ModelKind.WHISPER_CT2).source is ModelSource.PATH
    with pytest.raises(ModelNotFound):
        offline.find("mine", ModelKind.SENTENCE)


def test_converted_tiny_en_transcribes_speech(tiny: Path) -> None:
    if not JFK.exists():
        pytest.skip("no corpus beside this checkout")
    from pywhispercpp.model import Model

    model = Model(str(tiny), n_threads=2, redirect_whispercpp_logs_to=None, print_progress=False)
    text = " ".join(segment.text for segment in model.transcribe(str(JFK)))
    words = "".join(c for c in text.lower() if c.isalpha() or c == " ").split()
    assert " ".join(words) == (
        "and so my fellow americans ask not what your country can do for you "
        "ask what you can do for your country"
    )


def embed(folder: Path, texts: Sequence[str]) -> np.ndarray:
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()
    encoded = tokenizer.encode_batch(list(texts))
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    feed = {
        "input_ids": np.array([item.ids for item in encoded]),
        "attention_mask": np.array([item.attention_mask for item in encoded]),
    }
    return np.asarray(session.run(["sentence_embedding"], feed)[0])


def test_onnx_vectors_are_the_stored_ones(store: ModelStore) -> None:
    vectors = embed(store.find(MINILM, ModelKind.SENTENCE_ONNX).path, SENTENCES)
    assert vectors.shape == (2, 384)
    assert np.abs(vectors[:, :6] - REFERENCE).max() < 1e-5


def test_onnx_vectors_equal_those_of_sentence_transformers(store: ModelStore) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = pytest.importorskip("sentence_transformers")
        path = store.find(MINILM, ModelKind.SENTENCE).path
        texts = [*SENTENCES, "", "\u4f60\u597d\u4e16\u754c", "word " * 400, "etcd 3.5, v2!"]
        model = library.SentenceTransformer(str(path), device="cpu")
        expected = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    vectors = embed(store.find(MINILM, ModelKind.SENTENCE_ONNX).path, texts)
    assert (vectors * expected).sum(axis=1).min() >= 0.9999


def test_silero_loads_in_onnxruntime(store: ModelStore) -> None:
    import onnxruntime

    path = store.find("silero-vad", ModelKind.SPEECH_DETECTION).path
    assert onnxruntime.InferenceSession(path).get_inputs()


def test_path_comes_before_the_folder(offline: ModelStore, tiny: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "mine.bin"
    other.parent.mkdir()
    shutil.copyfile(tiny, other)
    assert offline.find(str(other), ModelKind.WHISPER_GGML) == LocatedModel(
        name=str(other), kind=ModelKind.WHISPER_GGML, path=other, source=ModelSource.PATH
    )


@pytest.mark.parametrize("file", ["ggml-mine.bin", "mine.bin", "mine"])
def test_file_that_a_user_put_into_the_folder_is_found_by_name(
    offline: ModelStore, tiny: Path, tmp_path: Path, file: str
) -> None:
    shutil.copyfile(tiny, tmp_path / file)
    found = offline.find("mine", ModelKind.WHISPER_GGML)
    assert (found.path, found.source) == (tmp_path / file, ModelSource.FOLDER)


def test_path_to_a_sentence_model_gives_its_onnx_form_once(
    store: ModelStore, offline: ModelStore, tmp_path: Path
) -> None:
    origin = store.find(MINILM, ModelKind.SENTENCE).path
    found = offline.find(str(origin), ModelKind.SENTENCE_ONNX)
    assert found.source is ModelSource.PATH
    assert (found.path / "model.onnx").is_file()
    before = (found.path / "model.onnx").stat().st_mtime_ns
    again = offline.find(str(origin), ModelKind.SENTENCE_ONNX)
    assert (again.path / "model.onnx").stat().st_mtime_ns == before


def test_unknown_name_says_where_it_was_looked_for(offline: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound) as caught:
        offline.find("nonsense", ModelKind.WHISPER_GGML)
    order = [caught.value.message.index(f"{place}: ") for place in ModelSource]
    assert order == sorted(order)
    assert caught.value.hint and "ggml-nonsense.bin" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", "../x", "a/../b", "a/b/c", "x\0y", "x" * 5000, "-x"])
def test_names_that_lead_elsewhere_are_refused(offline: ModelStore, name: str) -> None:
    for kind in ModelKind:
        with pytest.raises(ModelNotFound):
            offline.find(name, kind)


def test_path_to_another_file_is_corrupt(offline: ModelStore, tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(b"ID3" + bytes(1000))
    with pytest.raises(ModelCorrupt, match="no ggml file"):
        offline.find(str(path), ModelKind.WHISPER_GGML)


def test_half_a_model_in_the_folder_is_corrupt(
    offline: ModelStore, tiny: Path, tmp_path: Path
) -> None:
    (tmp_path / "ggml-mine.bin").write_bytes(tiny.read_bytes()[:1_000_000])
    with pytest.raises(ModelCorrupt, match="cut off"):
        offline.find("mine", ModelKind.WHISPER_GGML)


def test_half_a_model_that_cannot_be_fetched_again_is_corrupt(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "ggml-tiny.bin").write_bytes(tiny.read_bytes()[:1_000_000])
    nowhere = ModelShelf(tmp_path, pypi=False, hub_url="http://127.0.0.1:9")
    with pytest.raises(ModelCorrupt, match=r"cut off.*cannot be reached"):
        nowhere.find("tiny", ModelKind.WHISPER_GGML)


def test_folder_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    blocked = ModelShelf(tmp_path / "file" / "models", pypi=False, hub_url="http://127.0.0.1:9")
    with pytest.raises(StorageError):
        blocked.find("tiny", ModelKind.WHISPER_GGML)


def entry(store: ModelStore, name: str, kind: ModelKind) -> ModelEntry:
    (found,) = [e for e in store.entries() if (e.name, e.kind) == (name, kind)]
    return found


def test_entries_tell_what_is_here(store: ModelStore, tiny: Path) -> None:
    found = entry(store, "tiny.en", ModelKind.WHISPER_GGML)
    assert (found.path, found.size) == (tiny, 77_704_698)
    assert found.sources == (ModelSource.FOLDER, ModelSource.WHEEL, ModelSource.HUB)


def test_entries_tell_what_could_be_fetched(tmp_path: Path) -> None:
    store = ModelShelf(tmp_path / "none", hub_url="http://127.0.0.1:9")
    base = entry(store, "base", ModelKind.WHISPER_GGML)
    assert (base.path, base.size) == (None, 147_951_465)
    assert base.sources == (ModelSource.WHEEL, ModelSource.HUB)
    turbo = entry(store, "large-v3-turbo", ModelKind.WHISPER_GGML)
    assert (turbo.path, turbo.size, turbo.sources) == (None, None, (ModelSource.HUB,))
    folder = entry(store, "base", ModelKind.WHISPER_CT2)
    assert (folder.path, folder.size) == (None, 147_882_941)
    onnx = entry(store, MINILM, ModelKind.SENTENCE_ONNX)
    assert onnx.sources == (ModelSource.WHEEL, ModelSource.HUB)
    assert not (tmp_path / "none").exists()


def test_entries_tell_what_a_user_put_there(
    offline: ModelStore, tiny: Path, tmp_path: Path
) -> None:
    shutil.copyfile(tiny, tmp_path / "mine.bin")
    (tmp_path / "half.bin").write_bytes(b"half")
    mine = entry(offline, "mine", ModelKind.WHISPER_GGML)
    assert (mine.path, mine.sources) == (tmp_path / "mine.bin", (ModelSource.FOLDER,))
    assert entry(offline, "half", ModelKind.WHISPER_GGML).path is None


FETCH = """
import sys
from pathlib import Path
from app.adapters.weights.shelf import ModelShelf
from app.domain.models import ModelKind
shelf = ModelShelf(Path(sys.argv[1]), pypi=False, hub_url=sys.argv[2])
print("ready", flush=True)
print(shelf.find("tiny", ModelKind.WHISPER_GGML).source, flush=True)
"""


def test_two_processes_at_once_fetch_one_time(
    tiny: Path, tmp_path: Path, httpserver: HTTPServer
) -> None:
    content = tiny.read_bytes()
    url = "/ggerganov/whisper.cpp/resolve/main/ggml-tiny.bin"
    httpserver.expect_request(url).respond_with_data(content)
    command = [sys.executable, "-c", FETCH, str(tmp_path), httpserver.url_for("/")]
    target = tmp_path / "ggml-tiny.bin"
    with alone(target):
        # Held here, so that both processes come before either can begin.
        both = [
            subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        for process in both:
            assert process.stdout and process.stdout.readline() == "ready\n"
    said = sorted(process.communicate()[0].strip() for process in both)
    assert said == ["folder", "hub"]
    assert len(httpserver.log) == 1
    assert target.read_bytes() == content
    assert {path.name for path in tmp_path.iterdir()} == {target.name, f"{target.name}.sha256"}
