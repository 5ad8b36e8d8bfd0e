"""Builds the ONNX graph of a BERT sentence model from its weights.

The graph takes `input_ids` and `attention_mask` (int64 [batch, sequence]) and gives
`sentence_embedding` (float32 [batch, width]): pooled, and of length 1.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from app.adapters.weights.bert_folder import BertFolder, Pooling
from app.adapters.weights.onnx_graph import Graph

if TYPE_CHECKING:
    import numpy as np

#: Added to the score of a padded position: softmax makes 0 of it.
HIDDEN = -1e9


def build(bert: BertFolder, weights: Mapping[str, "np.ndarray"], target: Path) -> None:
    """Write the graph to the file `target`."""
    from onnx import TensorProto, helper

    graph = Graph(weights)
    result = _pooled(graph, bert, _encoded(graph, bert))
    graph.node("Identity", result, name="sentence_embedding")
    axes: list[str | int | None] = ["batch", "sequence"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, axes)
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info(
        "sentence_embedding", TensorProto.FLOAT, ["batch", bert.width]
    )
    graph.save(target, inputs, [output], "bert")


def _encoded(graph: Graph, bert: BertFolder) -> str:
    """float32 [batch, sequence, width]."""
    value = _embedded(graph, bert)
    mask = graph.node("Unsqueeze", _float_mask(graph), graph.integers(1, 2))
    absent = graph.node("Sub", graph.number(1), mask)
    bias = graph.node("Mul", absent, graph.number(HIDDEN))
    for number in range(bert.layers):
        value = _layer(graph, bert, value, bias, f"encoder.layer.{number}")
    return value


def _float_mask(graph: Graph) -> str:
    return graph.node("Cast", "attention_mask", to=1)  # 1 is float32


def _embedded(graph: Graph, bert: BertFolder) -> str:
    table = "embeddings.{}_embeddings.weight".format
    words = graph.node("Gather", graph.array(graph.weight(table("word"))), "input_ids")
    # One text at a time, so every token is of type 0: that row joins the positions.
    places = graph.weight(table("position")) + graph.weight(table("token_type"))[0]
    length = graph.node(
        "Slice", graph.node("Shape", "input_ids"), graph.integers(1), graph.integers(2)
    )
    places = graph.node("Slice", graph.array(places), graph.integers(0), length, graph.integers(0))
    return graph.norm(graph.node("Add", words, places), "embeddings.LayerNorm", bert.epsilon)


def _layer(graph: Graph, bert: BertFolder, value: str, bias: str, name: str) -> str:
    heard = graph.linear(
        _attention(graph, bert, value, bias, f"{name}.attention.self"),
        f"{name}.attention.output.dense",
    )
    value = graph.norm(
        graph.node("Add", heard, value), f"{name}.attention.output.LayerNorm", bert.epsilon
    )
    inner = _gelu(graph, graph.linear(value, f"{name}.intermediate.dense"))
    outer = graph.linear(inner, f"{name}.output.dense")
    return graph.norm(graph.node("Add", outer, value), f"{name}.output.LayerNorm", bert.epsilon)


def _attention(graph: Graph, bert: BertFolder, value: str, bias: str, name: str) -> str:
    size = bert.width // bert.heads
    split = graph.integers(0, 0, bert.heads, size)

    def heads(part: str, order: list[int]) -> str:
        rows = graph.node("Reshape", graph.linear(value, f"{name}.{part}"), split)
        return graph.node("Transpose", rows, perm=order)

    scores = graph.node("MatMul", heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1]))
    scores = graph.node("Div", scores, graph.number(math.sqrt(size)))
    shares = graph.node("Softmax", graph.node("Add", scores, bias), axis=-1)
    mixed = graph.node("MatMul", shares, heads("value", [0, 2, 1, 3]))
    mixed = graph.node("Transpose", mixed, perm=[0, 2, 1, 3])
    return graph.node("Reshape", mixed, graph.integers(0, 0, bert.width))


def _gelu(graph: Graph, value: str) -> str:
    """x/2 * (1 + erf(x / sqrt 2)): the exact one, not the tanh approximation."""
    erf = graph.node("Erf", graph.node("Div", value, graph.number(math.sqrt(2))))
    gate = graph.node("Add", erf, graph.number(1))
    return graph.node("Mul", graph.node("Mul", value, gate), graph.number(0.5))


def _pooled(graph: Graph, bert: BertFolder, value: str) -> str:
    """float32 [batch, width]."""
    if bert.pooling is Pooling.CLS:
        first = graph.node("Gather", value, graph.integers(0), axis=1)
        result = graph.node("Squeeze", first, graph.integers(1))
    else:
        mask = graph.node("Unsqueeze", _float_mask(graph), graph.integers(2))
        total = graph.node(
            "ReduceSum", graph.node("Mul", value, mask), graph.integers(1), keepdims=0
        )
        count = graph.node("ReduceSum", mask, graph.integers(1), keepdims=0)
        result = graph.node("Div", total, graph.node("Max", count, graph.number(1e-9)))
    length = graph.node("ReduceL2", result, axes=[-1], keepdims=1)
    return graph.node("Div", result, graph.node("Max", length, graph.number(1e-12)))
