"""Writes network_step_torch.json: losses and gradients of small networks by PyTorch's autograd, in float64.

Run by hand where torch is installed: `python tests/oracles/make_network_step.py`. The tests only read the file.
Weights lie layer by layer as (fan_in, fan_out), then the bias, as in gdcli's flat vector.
"""

import json
from itertools import pairwise
from pathlib import Path

import torch

CASES = [
    ("2-2-1 sigmoid, binary cross-entropy", (2, 2, 1), "sigmoid", "binary_cross_entropy", 1),
    ("2-2-1 tanh, mean squared error", (2, 2, 1), "tanh", "mse", 1),
    ("3-4-3 softmax, relu", (3, 4, 3), "relu", "cross_entropy", 1),
    ("3-4-3 softmax, gelu, five rows", (3, 4, 3), "gelu", "cross_entropy", 5),
    ("2-3-2-1 elu, mean squared error, four rows", (2, 3, 2, 1), "elu", "mse", 4),
    ("3-3 softmax without a hidden layer", (3, 3), "relu", "cross_entropy", 2),
]
LOSSES = {
    "mse": torch.nn.functional.mse_loss,
    "binary_cross_entropy": torch.nn.functional.binary_cross_entropy_with_logits,
    "cross_entropy": torch.nn.functional.cross_entropy,
}


def case(name, sizes, activation, loss, rows, generator):
    function = getattr(torch.nn.functional, activation, None) or getattr(torch, activation)
    draw = {"dtype": torch.float64, "generator": generator}
    inputs = torch.randn(rows, sizes[0], **draw)
    if loss == "mse":
        targets = torch.randn(rows, **draw)
    else:
        targets = torch.randint(0, max(2, sizes[-1]), (rows,), generator=generator)
    wanted = targets.double() if loss == "binary_cross_entropy" else targets
    tensors, zs, hidden = [], [], inputs
    for fan_in, fan_out in pairwise(sizes):
        weights, bias = (torch.randn(*shape, **draw).requires_grad_() for shape in ((fan_in, fan_out), (fan_out,)))
        tensors += [weights, bias]
        z = hidden @ weights + bias
        z.retain_grad()
        zs.append(z)
        hidden = function(z)
    outputs = zs[-1].squeeze(-1) if sizes[-1] == 1 else zs[-1]
    value = LOSSES[loss](outputs, wanted)
    value.backward()
    return {
        "name": name,
        "sizes": sizes,
        "activation": activation,
        "loss": loss,
        "inputs": inputs.tolist(),
        "targets": targets.tolist(),
        "parameters": torch.cat([one.detach().ravel() for one in tensors]).tolist(),
        "value": value.item(),
        "gradient": torch.cat([one.grad.ravel() for one in tensors]).tolist(),
        "z": [z.tolist() for z in zs],
        "by_z": [z.grad.tolist() for z in zs],
    }


def main():
    generator = torch.Generator().manual_seed(1847)
    meta = f"PyTorch {torch.__version__}, float64, tests/oracles/make_network_step.py"
    cases = [case(*one, generator) for one in CASES]
    path = Path(__file__).with_name("network_step_torch.json")
    path.write_text(json.dumps({"meta": meta, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
