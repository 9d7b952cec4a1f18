"""What the training scripts share: a net of one hidden layer, its optimiser, and its ONNX graph.

The graph: features → MatMul (8-bit weights, cast and scaled) → Relu → Gemm → Softmax.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Net:
    """One hidden layer; `weights` are first, bias, second, last. Subclasses say how a step goes."""

    def __init__(self, rng, weights):
        self.rng = rng
        self.weights = weights
        self.moments = [(np.zeros_like(it), np.zeros_like(it)) for it in self.weights]
        self.steps = 0

    def logits(self, rows):
        first, bias, second, last = self.weights
        return np.maximum(rows @ first + bias, 0) @ second + last

    def adam(self, gradients, rate):
        self.steps += 1
        for weight, gradient, (mean, square) in zip(self.weights, gradients, self.moments):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            scale = np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
            weight -= rate * scale * mean / (np.sqrt(square) + 1e-8)


def softmax(values):
    values = np.exp(values - values.max(axis=1, keepdims=True))
    return values / values.sum(axis=1, keepdims=True)


def quantised(first):
    """8-bit weights and one scale for each hidden unit."""
    scale = np.maximum(np.abs(first).max(axis=0), 1e-9) / 127.0
    return np.round(first / scale).astype(np.int8), scale.astype(np.float32)


def graph(name, weights, properties, temperature=1.0):
    """The model of a net; it answers shares that add up to 1."""
    first, bias, second, last = weights
    small, scale = quantised(first)
    tensors = [
        numpy_helper.from_array(small, "first"),
        numpy_helper.from_array(scale, "scale"),
        numpy_helper.from_array(bias, "bias"),
        numpy_helper.from_array((second / temperature).astype(np.float32), "second"),
        numpy_helper.from_array((last / temperature).astype(np.float32), "last"),
    ]
    nodes = [
        helper.make_node("Cast", ["first"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["features", "wide"], ["summed"]),
        helper.make_node("Mul", ["summed", "scale"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["biased"]),
        helper.make_node("Relu", ["biased"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "second", "last"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["shares"], axis=1),
    ]
    shape = helper.make_tensor_value_info
    inputs = [shape("features", TensorProto.FLOAT, [1, len(first)])]
    outputs = [shape("shares", TensorProto.FLOAT, [1, len(last)])]
    built = helper.make_graph(nodes, name, inputs, outputs, tensors)
    model = helper.make_model(built, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="workmate")
    helper.set_model_props(model, {**properties, "licence": "Apache-2.0"})
    onnx.checker.check_model(model)
    return model
