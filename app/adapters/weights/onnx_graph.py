"""An ONNX graph in the making: nodes and weights are added one by one, then it is written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

OPSET = 17
IR_VERSION = 8


class Graph:
    """Collects nodes; a value is known by its name."""

    def __init__(self, weights: Mapping[str, "np.ndarray"]) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._weights = weights

    def node(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = name or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def array(self, array: "np.ndarray") -> str:
        import numpy as np
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def number(self, value: float) -> str:
        import numpy as np

        return self.array(np.array(value, dtype=np.float32))

    def integers(self, *values: int) -> str:
        import numpy as np

        return self.array(np.array(values, dtype=np.int64))

    def save(self, target: Path, inputs: Sequence[Any], outputs: Sequence[Any], name: str) -> None:
        """Write it to the file `target`."""
        import onnx
        from onnx import helper

        model = helper.make_model(
            helper.make_graph(self.nodes, name, inputs, outputs, self.constants),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="spool",
        )
        onnx.save_model(model, target)

    def weight(self, name: str) -> "np.ndarray":
        return self._weights[name]

    def linear(self, value: str, name: str) -> str:
        """Weights are [out, in]: x W^T + b."""
        product = self.node("MatMul", value, self.array(self.weight(f"{name}.weight").T))
        return self.node("Add", product, self.array(self.weight(f"{name}.bias")))

    def norm(self, value: str, name: str, epsilon: float) -> str:
        scale = self.array(self.weight(f"{name}.weight"))
        shift = self.array(self.weight(f"{name}.bias"))
        return self.node("LayerNormalization", value, scale, shift, axis=-1, epsilon=epsilon)
