"""Models on disk: weights as safetensors in PyTorch's layout, everything else as text beside them; no pickle.

The weights of layer i of `torch.nn.Sequential(Linear, activation, Linear, ...)` are the tensors `{2i}.weight`
(outputs, inputs) and `{2i}.bias`, so `load_state_dict` takes them. Further tensors: `scaler.offset` and
`scaler.factor`; `resume.parameters` and `optimizer.*`, from which a run goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as parse_tensors
from safetensors.numpy import save as tensor_bytes

from gdcli import activations, optimizers
from gdcli.data.dataset import Array
from gdcli.data.scaling import Scaler
from gdcli.errors import DataError
from gdcli.networks import Dropout, Network
from gdcli.optimizers import Optimizer
from gdcli.preparation import Preparation
from gdcli.records import Epoch
from gdcli.writing import replaced

__all__ = ["Resumption", "SavedModel", "load", "save"]

FORMAT = "gdcli.model/1"


@dataclass(frozen=True, eq=False)
class Resumption:
    """From where a run goes on.

    Args:
        optimizer: The optimizer, with its hyperparameters.
        record: The last whole epoch, with its parameters and the optimizer's state.
    """

    optimizer: Optimizer
    record: Epoch


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A trained network and what belongs to it.

    Args:
        network: Its architecture.
        parameters: The ones kept, shape (P,).
        preparation: How rows are prepared for it.
        loss: The loss's name.
        config: The settings it was trained with.
        history: The run's rows.
        best_epoch: The epoch the parameters are from.
        resumption: From where to go on; None if it was not trained here.
    """

    network: Network
    parameters: Array
    preparation: Preparation
    loss: str
    config: dict[str, Any]
    history: list[dict[str, Any]]
    best_epoch: int
    resumption: Resumption | None


def save(path: Path, model: SavedModel) -> None:
    """Writes a model, all or nothing.

    Raises:
        DataError: If it cannot be written there.
    """
    tensors = _weights(model.network, model.parameters)
    scaler = model.preparation.scaler
    tensors |= {"scaler.offset": scaler.offset, "scaler.factor": scaler.factor}
    about = {"format": FORMAT} | _about(model)
    if model.resumption is not None:
        record = model.resumption.record
        tensors["resume.parameters"] = record.parameters
        state = record.state._asdict()
        tensors |= {f"optimizer.{name}": value for name, value in state.items() if isinstance(value, np.ndarray)}
        about["resume"] = _resume_about(model.resumption, state)
    content = tensor_bytes(
        {name: np.ascontiguousarray(value) for name, value in tensors.items()},
        metadata={"gdcli": json.dumps(about)},  # one key: the order of several is not fixed
    )
    with replaced(path, "wb") as file:
        file.write(content)


def load(path: str) -> SavedModel:
    """Reads a model.

    Raises:
        DataError: If the file is missing, broken, or no model of this program's.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {(error.strerror or str(error)).lower()}", "name a file written by --save") from None
    try:
        tensors = parse_tensors(content)
        about = _metadata(content)
    except (SafetensorError, ValueError, KeyError, OverflowError, TypeError, RecursionError) as error:
        raise DataError(f"{path}: not a safetensors file, or a broken one ({_line(error)})", _WANTED) from None
    if about is None:
        raise DataError(f"{path}: a safetensors file, but not a model of gdcli's", _WANTED)
    try:
        return _model(tensors, about)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise DataError(f"{path}: a damaged model: {_line(error)}", "train it again") from None


_WANTED = "name a file written by gdcli train --save"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


def _metadata(content: bytes) -> dict[str, Any] | None:
    """What save wrote into the header; None in somebody else's file."""
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length]).get("__metadata__") or {}
    about = json.loads(metadata.get("gdcli", "null"))
    return about if isinstance(about, dict) and about.get("format") == FORMAT else None


def _weights(network: Network, parameters: Array) -> dict[str, Array]:
    tensors = {}
    for at, layer in enumerate(network.layers):
        tensors[f"{2 * at}.weight"] = layer.weights(parameters).T
        tensors[f"{2 * at}.bias"] = layer.bias(parameters)
    return tensors


def _about(model: SavedModel) -> dict[str, Any]:
    network, preparation = model.network, model.preparation
    return {
        "sizes": network.sizes,
        "activations": [activation.__name__ for activation in network.activations],
        "dropout": network.rate if isinstance(network, Dropout) else 0.0,
        "input_names": preparation.input_names,
        "target_name": preparation.target_name,
        "classes": preparation.classes,
        "shift": preparation.shift,
        "factor": preparation.factor,
        "degree": preparation.degree,
        "loss": model.loss,
        "config": model.config,
        "history": model.history,
        "best_epoch": model.best_epoch,
    }


def _resume_about(resumption: Resumption, state: Mapping[str, Any]) -> dict[str, Any]:
    optimizer, record = resumption.optimizer, resumption.record
    return {
        "optimizer": type(optimizer).__name__,
        "settings": vars(optimizer),
        "counts": {name: value for name, value in state.items() if isinstance(value, int)},
        "epoch": record.epoch,
        "step": record.step,
        "lr": float(record.learning_rate),
        "loss": float(record.loss),
        "validation_loss": None if record.validation_loss is None else float(record.validation_loss),
        "metrics": record.metrics,
    }


def _model(tensors: Mapping[str, Array], about: Mapping[str, Any]) -> SavedModel:
    """The model, once every part is of the form the others need."""
    network = _network(about)
    parameters = _parameters(network, tensors)
    names = tuple(map(str, about["input_names"]))
    offset, factor = tensors["scaler.offset"], tensors["scaler.factor"]
    degree = int(about["degree"])
    if not offset.shape == factor.shape == (network.sizes[0],) == (len(names) * degree,):
        raise ValueError("the scaler, the names and the network have different numbers of inputs")
    classes = tuple(map(str, about["classes"]))
    if network.sizes[-1] not in {0: (1,), 2: (1, 2)}.get(len(classes), (len(classes),)):
        raise ValueError(f"{network.sizes[-1]} outputs for {len(classes)} classes")
    preparation = Preparation(
        names,
        str(about["target_name"]),
        Scaler(offset, factor),
        classes,
        network.sizes[-1],
        float(about["shift"]),
        float(about["factor"]),
        degree,
    )
    return SavedModel(
        network,
        parameters,
        preparation,
        str(about["loss"]),
        dict(about["config"]),
        [dict(row) for row in about["history"]],
        int(about["best_epoch"]),
        _resumption(network, tensors, about["resume"]) if "resume" in about else None,
    )


def _network(about: Mapping[str, Any]) -> Network:
    sizes = tuple(int(size) for size in about["sizes"])
    names = [str(name) for name in about["activations"]]
    for name in names:
        if name not in activations.__all__:
            raise ValueError(f"there is no activation {name!r}")
    chosen = tuple(getattr(activations, name) for name in names)
    rate = float(about["dropout"])
    return Dropout(sizes, chosen, rate) if 0 < rate < 1 else Network(sizes, chosen)


def _parameters(network: Network, tensors: Mapping[str, Array]) -> Array:
    dtype = tensors["0.weight"].dtype
    if dtype.kind != "f":
        raise ValueError(f"weights of type {dtype}")
    widths = sum(tensors[f"{2 * at}.weight"].size + tensors[f"{2 * at}.bias"].size for at in range(len(network.layers)))
    if widths != network.size:
        raise ValueError(f"{widths} weights for a network of {network.size}")
    parameters = np.empty(network.size, dtype)
    for at, layer in enumerate(network.layers):
        weights, bias = tensors[f"{2 * at}.weight"], tensors[f"{2 * at}.bias"]
        if weights.shape != (layer.fan_out, layer.fan_in) or bias.shape != (layer.fan_out,):
            raise ValueError(f"layer {at + 1} has weights of shape {weights.shape}")
        layer.weights(parameters)[...] = weights.T
        layer.bias(parameters)[...] = bias
    if not np.isfinite(parameters).all():
        raise ValueError("weights that are not finite")
    return parameters


def _resumption(network: Network, tensors: Mapping[str, Array], about: Mapping[str, Any]) -> Resumption:
    name = str(about["optimizer"])
    if name not in optimizers.__all__:
        raise ValueError(f"there is no optimizer {name!r}")
    optimizer: Optimizer = getattr(optimizers, name)(**about["settings"])
    parameters = tensors["resume.parameters"]
    if parameters.shape != (network.size,):
        raise ValueError("the parameters to go on from are not the network's")
    empty = optimizer.init(parameters)
    state = type(empty)(*(_field(field, value, tensors, about) for field, value in empty._asdict().items()))
    record = Epoch(
        int(about["epoch"]),
        int(about["step"]),
        float(about["lr"]),
        float(about["loss"]),
        parameters,
        validation_loss=about["validation_loss"],
        metrics=dict(about["metrics"]),
        state=state,
    )
    return Resumption(optimizer, record)


def _field(name: str, empty: Any, tensors: Mapping[str, Array], about: Mapping[str, Any]) -> Any:
    """One field of the optimizer's state, of the shape it must have."""
    if not isinstance(empty, np.ndarray):
        return int(about["counts"][name])
    value = tensors[f"optimizer.{name}"]
    if value.shape != empty.shape or value.dtype != empty.dtype:
        raise ValueError(f"the optimizer's {name} has shape {value.shape}")
    return value
