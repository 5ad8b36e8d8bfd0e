"""Reads a folder of sentence-transformers that holds a BERT: its shape and its weights."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.errors import ModelCorrupt, ModelNotFound

if TYPE_CHECKING:
    import numpy as np

#: The steps of a sentence model that the graph can follow.
STEPS = ("Transformer", "Pooling", "Normalize")


class Pooling(Enum):
    #: The mean over the tokens that are no padding.
    MEAN = auto()
    #: The first token.
    CLS = auto()


@dataclass(frozen=True, kw_only=True)
class BertFolder:
    path: Path
    width: int
    heads: int
    layers: int
    #: Of the layer norms.
    epsilon: float
    pooling: Pooling

    @classmethod
    def read(cls, path: Path) -> "BertFolder":
        """Raises ModelNotFound when it is whole but no such model, ModelCorrupt when broken."""
        try:
            config = json.loads((path / "config.json").read_bytes())
            _insist(path, config)
            return cls(
                path=path,
                width=config["hidden_size"],
                heads=config["num_attention_heads"],
                layers=config["num_hidden_layers"],
                epsilon=config["layer_norm_eps"],
                pooling=_pooling(path),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelCorrupt(f"{path} has no usable configuration: {error!r}") from error

    def weights(self) -> dict[str, "np.ndarray"]:
        """float32, by name without the prefix `bert.`. Raises ModelCorrupt."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        file = self.path / "model.safetensors"
        try:
            arrays = load_file(file)
        except (SafetensorError, OSError) as error:
            raise ModelCorrupt(f"{file} cannot be read: {error}") from error
        return {
            name.removeprefix("bert."): array.astype("<f4", copy=False)
            for name, array in arrays.items()
        }


def _insist(path: Path, config: dict[str, Any]) -> None:
    wanted = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
    for key, value in wanted.items():
        if config.get(key, "absolute") != value:
            raise ModelNotFound(f"{path} cannot become ONNX here: {key} is {config.get(key)!r}")
    if not (path / "model.safetensors").is_file():
        raise ModelNotFound(f"{path} cannot become ONNX here: it has no model.safetensors")


def _pooling(path: Path) -> Pooling:
    """Without modules.json it is a plain BERT: sentence-transformers then takes the mean."""
    if not (path / "modules.json").is_file():
        return Pooling.MEAN
    modules = json.loads((path / "modules.json").read_bytes())
    steps = {module["type"].rpartition(".")[2]: module["path"] for module in modules}
    if strange := [step for step in steps if step not in STEPS]:
        raise ModelNotFound(f"{path} cannot become ONNX here: it has the step {strange[0]}")
    config = json.loads((path / steps["Pooling"] / "config.json").read_bytes())
    return _pooling_mode(config.get, path)


def _pooling_mode(get: Callable[[str], Any], path: Path) -> Pooling:
    modes = {"pooling_mode_mean_tokens": Pooling.MEAN, "pooling_mode_cls_token": Pooling.CLS}
    if isinstance(named := get("pooling_mode"), str):
        found = [mode for mode in Pooling if mode.name.lower() == named]
    else:
        found = [mode for key, mode in modes.items() if get(key)]
    if len(found) != 1:
        raise ModelNotFound(f"{path} cannot become ONNX here: it pools in another way")
    return found[0]
