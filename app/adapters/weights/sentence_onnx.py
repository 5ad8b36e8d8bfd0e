"""From a sentence model's folder to the folder that onnxruntime and tokenizers need."""

import shutil
from pathlib import Path

from app.adapters.weights.bert_folder import BertFolder
from app.domain.errors import ModelCorrupt
from app.ports import Progress

#: Copied beside `tokenizer.json` where they exist: they hold the longest sequence.
EXTRAS = ("config.json", "sentence_bert_config.json", "tokenizer_config.json")


def convert(source: Path, target: Path, progress: Progress) -> None:
    """Make the folder `target` with `model.onnx` and `tokenizer.json`.

    Raises ModelNotFound when the model is no BERT, ModelCorrupt when it is broken.
    """
    from app.adapters.weights.onnx_bert import build

    bert = BertFolder.read(source)
    target.mkdir()
    try:
        build(bert, bert.weights(), target / "model.onnx")
        shutil.copyfile(source / "tokenizer.json", target / "tokenizer.json")
    except KeyError as error:
        raise ModelCorrupt(f"{source} lacks the weights {error}") from error
    except FileNotFoundError as error:
        raise ModelCorrupt(f"{source} has no tokenizer.json") from error
    for name in EXTRAS:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
    progress(1.0)
