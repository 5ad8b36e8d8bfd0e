"""From Resemblyzer's weights to the file that onnxruntime needs.

The graph takes `frames` (float32 [batch, 160, 40]: energies of mel bands) and gives `voice`
(float32 [batch, 256], of length 1): near for the same speaker, whatever is said.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from app.adapters.weights import torch_file
from app.adapters.weights.onnx_graph import Graph
from app.domain.errors import ModelCorrupt
from app.ports import Progress

if TYPE_CHECKING:
    import numpy as np

FRAMES, BANDS, WIDTH, LAYERS = 160, 40, 256, 3
#: The weights are saved beside what training needed to go on.
PART = "model_state"


def convert(source: Path, target: Path, progress: Progress) -> None:
    """Make the file `target`. Raises ModelCorrupt."""
    weights = torch_file.read(source, PART)
    try:
        _build(weights, target)
    except KeyError as error:
        raise ModelCorrupt(f"{source} lacks the weights {error}") from error
    progress(1.0)


def _build(weights: "dict[str, np.ndarray]", target: Path) -> None:
    from onnx import TensorProto, helper

    graph = Graph(weights)
    state = graph.node("Transpose", "frames", perm=[1, 0, 2])  # [time, batch, width]
    for number in range(LAYERS):
        state = _layer(graph, state, number)
    last = graph.node("Gather", state, graph.integers(-1), axis=0)
    last = graph.node("Squeeze", last, graph.integers(0))
    vector = graph.node("Relu", graph.linear(last, "linear"))
    length = graph.node("ReduceL2", vector, axes=[-1], keepdims=1)
    unit = graph.node("Div", vector, graph.node("Max", length, graph.number(1e-6)), name="voice")
    frames, voice = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *rest])
        for name, rest in (("frames", [FRAMES, BANDS]), (unit, [WIDTH]))
    )
    graph.save(target, [frames], [voice], "resemblyzer")


def _layer(graph: Graph, state: str, number: int) -> str:
    """[time, batch, width] to [time, batch, WIDTH]."""
    import numpy as np

    def gates(name: str) -> "np.ndarray":
        """PyTorch has input, forget, cell, output; ONNX has input, output, forget, cell."""
        i, f, c, o = np.split(graph.weight(f"lstm.{name}_l{number}"), 4)
        return np.concatenate([i, o, f, c])

    bias = np.concatenate([gates("bias_ih"), gates("bias_hh")])
    parts = (gates("weight_ih"), gates("weight_hh"), bias)
    constants = (graph.array(part[None]) for part in parts)
    every = graph.node("LSTM", state, *constants, hidden_size=WIDTH)  # [time, 1, batch, WIDTH]
    return graph.node("Squeeze", every, graph.integers(1))
