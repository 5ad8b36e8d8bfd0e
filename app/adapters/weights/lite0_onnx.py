"""From EfficientNet-Lite0's weights to the folder that onnxruntime needs.

The graph takes `picture` (float32 [batch, 3, 224, 224]) and gives `vector` (float32 [batch, 1280],
of length 1) and `shares` (float32 [batch, 1000], one for each label, 1 in all).
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.adapters.weights import torch_file
from app.adapters.weights.onnx_graph import Graph
from app.domain.errors import ModelCorrupt
from app.ports import Progress

if TYPE_CHECKING:
    import numpy as np

SIDE, WIDTH, CLASSES = 224, 1280, 1000
EPSILON = 1e-3  # of the batch norms
LABELS = Path(__file__).with_name("imagenet_labels.txt")
#: Repeats, kernel, stride of the first, expansion, channels: efficientnet_lite_builder.py of
#: TensorFlow's models.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM = 32  # channels


@dataclass(frozen=True, kw_only=True)
class _Block:
    name: str
    kernel: int
    stride: int
    expands: bool
    #: Whether what comes in is added to what goes out.
    skips: bool


def convert(source: Path, target: Path, progress: Progress) -> None:
    """Make the folder `target` with `model.onnx` and `labels.txt`. Raises ModelCorrupt."""
    weights = torch_file.read(source)
    target.mkdir()
    try:
        _build(weights, target / "model.onnx")
    except KeyError as error:
        raise ModelCorrupt(f"{source} lacks the weights {error}") from error
    shutil.copyfile(LABELS, target / "labels.txt")
    progress(1.0)


def _build(weights: "dict[str, np.ndarray]", target: Path) -> None:
    from onnx import TensorProto, helper

    graph = Graph(weights)
    vector = _features(graph)
    shares = graph.node("Softmax", graph.linear(vector, "_fc"), name="shares", axis=-1)
    length = graph.node("ReduceL2", vector, axes=[-1], keepdims=1)
    unit = graph.node("Div", vector, graph.node("Max", length, graph.number(1e-12)), name="vector")
    shape = {"picture": [3, SIDE, SIDE], unit: [WIDTH], shares: [CLASSES]}
    picture, *outputs = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *rest])
        for name, rest in shape.items()
    )
    graph.save(target, [picture], outputs, "efficientnet-lite0")


def _features(graph: Graph) -> str:
    """float32 [batch, 1280]: the mean over the picture."""
    value = _clipped(graph, _convolved(graph, "picture", "_conv_stem", "_bn0", 3, stride=2))
    for block in _blocks():
        value = _walked(graph, value, block)
    value = _clipped(graph, _convolved(graph, value, "_conv_head", "_bn1", 1))
    return graph.node("Flatten", graph.node("GlobalAveragePool", value))


def _blocks() -> Iterator[_Block]:
    number, before = 0, STEM
    for repeats, kernel, stride, expansion, channels in STAGES:
        for repeat in range(repeats):
            first = repeat == 0
            yield _Block(
                name=f"_blocks.{number}",
                kernel=kernel,
                stride=stride if first else 1,
                expands=expansion > 1,
                skips=before == channels and (not first or stride == 1),
            )
            number, before = number + 1, channels


def _walked(graph: Graph, value: str, block: _Block) -> str:
    inner, name = value, block.name
    if block.expands:
        inner = _clipped(graph, _convolved(graph, inner, f"{name}._expand_conv", f"{name}._bn0", 1))
    inner = _convolved(
        graph, inner, f"{name}._depthwise_conv", f"{name}._bn1", block.kernel, stride=block.stride
    )
    inner = _convolved(graph, _clipped(graph, inner), f"{name}._project_conv", f"{name}._bn2", 1)
    return graph.node("Add", inner, value) if block.skips else inner


def _convolved(
    graph: Graph, value: str, convolution: str, norm: str, kernel: int, stride: int = 1
) -> str:
    """A convolution with the batch norm behind it folded into its weights."""
    import numpy as np

    weight = graph.weight(f"{convolution}.weight")
    scale = graph.weight(f"{norm}.weight") / np.sqrt(
        graph.weight(f"{norm}.running_var") + EPSILON, dtype=np.float32
    )
    bias = graph.weight(f"{norm}.bias") - graph.weight(f"{norm}.running_mean") * scale
    depthwise = weight.shape[1] == 1 and kernel > 1
    return graph.node(
        "Conv",
        value,
        graph.array(weight * scale[:, None, None, None]),
        graph.array(bias),
        auto_pad="SAME_UPPER",
        kernel_shape=[kernel, kernel],
        strides=[stride, stride],
        group=weight.shape[0] if depthwise else 1,
    )


def _clipped(graph: Graph, value: str) -> str:
    """0..6, as ReLU6 does."""
    return graph.node("Clip", value, graph.number(0.0), graph.number(6.0))
