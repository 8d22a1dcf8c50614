"""Models on disk: weights as safetensors in PyTorch's layout, everything else as text beside them; no pickle.

The weights of layer i of `torch.nn.Sequential(Linear, activation, Linear, ...)` are the tensors `{2i}.weight`
(outputs, inputs) and `{2i}.bias`, so `load_state_dict` takes them. Further tensors: `scaler.offset`,
`scaler.factor` and `inputs.mean`; `powers.offset` and `powers.factor`, where inputs are scaled before their powers are
taken; `resume.parameters` and `optimizer.*`, from which a run goes on, and `resume.best`,
if the parameters kept are not the best epoch's.

The file is long because what is written and what is checked on reading stand side by side.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as parse_tensors
from safetensors.numpy import save as tensor_bytes

from gdcli.arrays import Array
from gdcli.data.atomic_write import replaced
from gdcli.data.dataset import Dataset
from gdcli.data.features import features
from gdcli.data.missing import Fill
from gdcli.data.preparation import Preparation
from gdcli.data.scaling import Basis, Scaler, none, polynomial
from gdcli.definitions import ACTIVATION, LOSS, OPTIMIZER, Kind, flag_name, named
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, OptionError, reason
from gdcli.experiments.model_schema import check_model
from gdcli.experiments.notation import READERS
from gdcli.experiments.spec import Spec
from gdcli.nn.networks import Dropout, Network
from gdcli.optim.optimizers import Optimizer
from gdcli.said import Said, say
from gdcli.training.records import Epoch

__all__ = ["Resumption", "SavedModel", "load", "save", "saved_line"]

FORMAT = "gdcli.model/2"
CENTRED = "gdcli.model/3"  # with inputs that are scaled before their powers are taken
KEPT_DIGITS = 1e-9
"""Raw parameters are saved where rounding changes what they predict by no more than about this part."""
SLACK = 2**20  # bytes that reading a model takes beside its weights
BROKEN = (
    say("header too small"),
    say("header too large"),
    say("invalid UTF-8 in header"),
    say("invalid JSON in header"),
    say("invalid header length"),
    say("invalid offset"),
    say("invalid shape, data type, or offset for tensor"),
    say("incomplete metadata, file not fully covered"),
    say("overflow computing buffer size"),
)
"""What safetensors finds wrong with a file."""
MOST_SAID = 100
"""Characters of what is wrong with a model: names in it may be of any length."""
FORMER = "gdcli.model/1"  # Adam's state was another one: the model is read, its run cannot go on


@dataclass(frozen=True, eq=False)
class Resumption:
    """From where a run goes on.

    Args:
        optimizer: The optimizer, with its hyperparameters.
        record: The last one, with its parameters and the optimizer's state; it may be in mid-epoch.
        best_epoch: The best epoch so far, of those that are over.
        best: Its parameters.
    """

    optimizer: Optimizer
    record: Epoch
    best_epoch: int
    best: Array


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
        resumption: From where to go on; None if it was not trained here, or by an earlier version.
        spec: The run that it came from; None if an earlier version saved it.
    """

    network: Network
    parameters: Array
    preparation: Preparation
    loss: str
    config: dict[str, Any]
    history: list[dict[str, Any]]
    best_epoch: int
    resumption: Resumption | None
    spec: Spec | None = None


def save(path: Path, model: SavedModel) -> None:
    """Writes a model, all or nothing.

    Raises:
        DataError: If it cannot be written there.
    """
    tensors = _weights(model.network, model.parameters)
    scaler = model.preparation.scaler
    tensors |= {"scaler.offset": scaler.offset, "scaler.factor": scaler.factor, "inputs.mean": model.preparation.means}
    before = model.preparation.before
    if before is not None:
        tensors |= {"powers.offset": before.offset, "powers.factor": before.factor}
    about = {"format": FORMAT if before is None else CENTRED} | _about(model)
    if model.resumption is not None:
        record = model.resumption.record
        tensors["resume.parameters"] = record.parameters
        if model.resumption.best_epoch != model.best_epoch:
            tensors["resume.best"] = model.resumption.best
        state = record.state._asdict()
        tensors |= {f"optimizer.{name}": value for name, value in state.items() if isinstance(value, np.ndarray)}
        about["resume"] = _resume_about(model.resumption, state)
    if model.spec is not None:
        about["spec"] = model.spec.as_dict()
    content = tensor_bytes(
        {name: np.asarray(value, order="C") for name, value in tensors.items()},
        metadata={"gdcli": json.dumps(about)},  # one key: the order of several is not fixed
    )
    with replaced(path, "wb") as file:
        file.write(content)


def load(path: str) -> SavedModel:
    """Reads a model.

    Raises:
        DataError: If the file is missing, broken, or no model of this program's.
        MemoryError: If it is too large for the memory there is.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(
            say("{path}: {strerror}", path=path, strerror=reason(error)),
            say("name a file written by --save"),
        ) from None
    return parse(content, path)


def parse(content: bytes, path: str) -> SavedModel:
    """A model from its bytes.

    Args:
        content: What `--save` wrote.
        path: What they are called in messages.

    Raises:
        DataError: If they are no model of this program's.
        MemoryError: If it is too large for the memory there is.
    """
    np.empty(len(content) + SLACK, np.uint8)  # room for the copy: where there is none, Rust panics
    try:
        tensors = parse_tensors(content)
        about = _metadata(content)
    except (SafetensorError, ValueError, KeyError, OverflowError, TypeError, RecursionError) as error:
        raise DataError(
            say("{path}: not a safetensors file, or a broken one ({line})", path=path, line=_broken(error)), _WANTED
        ) from None
    if about is None:
        raise DataError(say("{path}: a safetensors file, but not a model of gdcli's", path=path), _WANTED)
    try:
        return _model(tensors, about)
    except DataError as error:
        raise DataError(say("{path}: {message}", path=path, message=error.message), error.hint) from None
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise DataError(
            say("{path}: a damaged model: {line}", path=path, line=_line(error)), say("train it again")
        ) from None


def saved_line(
    data: Dataset,
    basis: Basis,
    parameters: Array,
    config: dict[str, Any],
    epoch: int,
    missing: str = "fail",
    texts: Mapping[str, tuple[str, ...]] | None = None,
) -> SavedModel:
    """A linear model as a network without hidden layers, on raw inputs and their powers.

    Parameters of raw inputs that hardly vary beside their size are large and cancel: where too few digits would be left
    of what they predict, the scaled inputs' are saved, with the scaler.

    Args:
        data: The training rows, with their gaps.
        basis: What the model saw of them.
        parameters: Of what it saw; without a bias if the basis has no intercept.
        config: The settings it was fitted with.
        epoch: The epoch the parameters are from.
        missing: What becomes of gaps in further rows.
        texts: All texts of each text column that inputs are made of.
    """
    before, scaler, kept = None, none(np.empty((0, len(basis.after.offset)))), basis.raw(parameters)
    if _cancels(basis, parameters, kept):
        kept = parameters
        before, scaler = (None, basis.before) if basis.degree == 1 else (basis.before, basis.after)
    whole = kept if basis.intercept else np.append(kept, 0.0)
    preparation = Preparation(
        data.input_names,
        data.target_name,
        scaler,
        (),
        1,
        degree=basis.degree,
        means=Fill.learn(data.inputs).means,
        missing=missing,
        texts=texts or {},
        before=before,
    )
    return SavedModel(Network((len(whole) - 1, 1), ()), whole, preparation, "mse", config, [], epoch, None)


def _cancels(basis: Basis, parameters: Array, raw: Array) -> bool:
    """Whether raw parameters are so large that they cancel at an ordinary row, and few digits are left."""
    size = np.abs(basis.before.offset) + np.abs(basis.before.factor)
    weights = np.abs(raw[: len(size) * basis.degree])
    with np.errstate(all="ignore"):
        lost = np.finfo(float).eps * float(weights @ polynomial(size[None], basis.degree)[0])
    return not lost <= KEPT_DIGITS * float(np.abs(parameters).sum())


_WANTED = say("name a file written by gdcli train --save")


def _broken(error: Exception) -> str:
    """What safetensors finds wrong, as it can be said in any language where it is known."""
    text = _line(error)
    return next((said for said in BROKEN if said in text), text)


def _line(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    if isinstance(said, Said) and len(said) <= MOST_SAID:
        return said
    return " ".join(str(error).split())[:MOST_SAID] or type(error).__name__


def _metadata(content: bytes) -> dict[str, Any] | None:
    """What save wrote into the header; None in somebody else's file."""
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length]).get("__metadata__") or {}
    about = json.loads(metadata.get("gdcli", "null"))
    return about if isinstance(about, dict) and about.get("format") in (CENTRED, FORMAT, FORMER) else None


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
        **({"features": preparation.features} if preparation.features else {}),
        "missing": preparation.missing,
        "texts": {column: list(known) for column, known in preparation.texts.items()},
        "loss": model.loss,
        "config": model.config,
        "history": [{name: _measured(value) for name, value in row.items()} for row in model.history],
        "best_epoch": model.best_epoch,
    }


def _measured(value: float) -> float | None:
    """A figure as JSON has it: null where it was not measured."""
    return value if math.isfinite(value) else None


def _resume_about(resumption: Resumption, state: Mapping[str, Any]) -> dict[str, Any]:
    optimizer, record = resumption.optimizer, resumption.record
    return {
        "optimizer": type(optimizer).__name__,
        "settings": vars(optimizer),
        "counts": {name: value for name, value in state.items() if isinstance(value, int)},
        "best_epoch": resumption.best_epoch,
        "epoch": record.epoch,
        "step": record.step,
        "within": record.within,
        "lr": float(record.learning_rate),
        "loss": float(record.loss),
        "validation_loss": None if record.validation_loss is None else _measured(float(record.validation_loss)),
        "metrics": record.metrics,
    }


def _model(tensors: Mapping[str, Array], about: Mapping[str, Any]) -> SavedModel:
    """The model, once every part is of the form the others need."""
    check_model(about)
    network = _network(about)
    parameters = _parameters(network, tensors)
    names, classes, degree = tuple(about["input_names"]), tuple(about["classes"]), about["degree"]
    made = _features(about)
    offset, factor = tensors["scaler.offset"], tensors["scaler.factor"]
    _check_scaling(tensors, "scaler")
    _check_finite(tensors, "inputs.mean")
    if tensors["inputs.mean"].shape != (len(names),):
        raise ValueError(say("the means are not the inputs'"))
    if not offset.shape == factor.shape == (network.sizes[0],) == (len(names) * degree + len(made),):
        raise ValueError(say("the scaler, the names and the network have different numbers of inputs"))
    if len(classes) == 1:
        raise ValueError(say("one class alone, where a classifier has two or more"))
    if network.sizes[-1] not in {0: (1,), 2: (1, 2)}.get(len(classes), (len(classes),)):
        raise ValueError(say("{sizes} outputs for {count} classes", sizes=network.sizes[-1], count=len(classes)))
    weights = about["config"].get("class_weight")
    if weights is not None and len(weights) != len(classes):
        raise ValueError(say("class weights for another number than {count} classes", count=len(classes)))
    preparation = Preparation(
        names,
        about["target_name"],
        Scaler(offset, factor),
        classes,
        network.sizes[-1],
        float(about["shift"]),
        float(about["factor"]),
        degree,
        tensors["inputs.mean"],
        about.get("missing", "fail"),
        {column: tuple(known) for column, known in (about.get("texts") or {}).items()},
        made,
        _before(about, tensors, len(names)),
    )
    return SavedModel(
        network,
        parameters,
        preparation,
        flag_name(_defined(LOSS, about["loss"], about).__name__),
        about["config"],
        [row | {"lr": float(row["lr"]), "loss": float(row["loss"])} for row in about["history"]],
        about["best_epoch"],
        _resumption(parameters, tensors, about) if "resume" in about and about["format"] == FORMAT else None,
        Spec.from_dict(about["spec"]) if "spec" in about else None,
    )


def _before(about: Mapping[str, Any], tensors: Mapping[str, Array], width: int) -> Scaler | None:
    """What scales the inputs before their powers are taken."""
    if about["format"] != CENTRED:
        return None
    _check_scaling(tensors, "powers")
    offset, factor = tensors["powers.offset"], tensors["powers.factor"]
    if not offset.shape == factor.shape == (width,):
        raise ValueError(say("the scaler, the names and the network have different numbers of inputs"))
    return Scaler(offset, factor)


def _features(about: Mapping[str, Any]) -> tuple[str, ...]:
    """What is made of the inputs, once it is known that it can be."""
    made = tuple(about.get("features", ()))
    try:
        features(made, about["input_names"])
    except OptionError as error:
        raise ValueError(error.message) from None
    return made


def _defined(kind: Kind, name: Any, about: Mapping[str, Any]) -> Any:
    """A definition by its name; where it came from a plug-in that is not loaded, the error says from which."""
    try:
        return named(kind, kind.name, name)
    except OptionError:
        plugins = about["config"].get("plugins")
        if not plugins:
            raise ValueError(say("there is no {name!r:.40}", name=name)) from None
        files = " ".join(say("--plugin {file}", file=file) for file in plugins)
        raise DataError(
            say("there is no {name} {name2!r:.40} here", name=kind.name, name2=name),
            say("it was trained with {files}", files=files),
        ) from None


def _network(about: Mapping[str, Any]) -> Network:
    sizes = tuple(about["sizes"])
    chosen = tuple(_defined(ACTIVATION, name, about) for name in about["activations"])
    if len(chosen) != len(sizes) - 2:
        raise ValueError(
            say("{count} activations for {count2} hidden layers", count=len(chosen), count2=len(sizes) - 2)
        )
    rate = about["dropout"]
    return Dropout(sizes, chosen, rate) if rate else Network(sizes, chosen)


def _check_scaling(tensors: Mapping[str, Array], of: str) -> None:
    """Refuses numbers that no row can be scaled by."""
    _check_finite(tensors, f"{of}.offset", f"{of}.factor")
    if not tensors[f"{of}.factor"].all():
        raise ValueError(say("{of}.factor with a zero", of=of))


def _check_finite(tensors: Mapping[str, Array], *names: str) -> None:
    for name in names:
        if tensors[name].dtype.kind != "f" or not np.isfinite(tensors[name]).all():
            raise ValueError(say("{name} with what is no finite number", name=name))


def _parameters(network: Network, tensors: Mapping[str, Array]) -> Array:
    dtype = tensors["0.weight"].dtype
    if dtype.kind != "f":
        raise ValueError(say("weights of type {dtype}", dtype=dtype))
    widths = sum(tensors[f"{2 * at}.weight"].size + tensors[f"{2 * at}.bias"].size for at in range(len(network.layers)))
    if widths != network.size:
        raise ValueError(say("{widths} weights for a network of {size}", widths=widths, size=network.size))
    parameters = np.empty(network.size, dtype)
    for at, layer in enumerate(network.layers):
        weights, bias = tensors[f"{2 * at}.weight"], tensors[f"{2 * at}.bias"]
        if weights.shape != (layer.fan_out, layer.fan_in) or bias.shape != (layer.fan_out,):
            raise ValueError(say("layer {at} has weights of shape {shape}", at=at + 1, shape=weights.shape))
        layer.weights(parameters)[...] = weights.T
        layer.bias(parameters)[...] = bias
    if not np.isfinite(parameters).all():
        raise ValueError(say("weights that are not finite"))
    return parameters


def _resumption(kept: Array, tensors: Mapping[str, Array], whole: Mapping[str, Any]) -> Resumption:
    """From where to go on."""
    about, history = whole["resume"], whole["history"]
    whole_epochs = about["epoch"] - bool(about["within"])
    if not history or not about["epoch"] >= history[0]["epoch"] == 0 or history[-1]["epoch"] < whole_epochs:
        raise ValueError(say("the history does not lead to the epoch to go on from"))
    if about["within"] > about["step"]:
        raise ValueError(say("more updates within an epoch than in all"))
    if whole["degree"] > 1:
        raise ValueError(say("a run of powers of the inputs cannot go on"))
    optimizer = _optimizer(about, whole)
    parameters, best = tensors["resume.parameters"], tensors.get("resume.best", kept)
    if not parameters.shape == best.shape == kept.shape:
        raise ValueError(say("the parameters to go on from are not the network's"))
    empty = optimizer.init(parameters)
    state = type(empty)(*(_field(field, value, tensors, about) for field, value in empty._asdict().items()))
    record = Epoch(
        about["epoch"],
        about["step"],
        float(about["lr"]),
        float(about["loss"]),
        parameters,
        validation_loss=about["validation_loss"],
        metrics=about["metrics"],
        state=state,
        within=about["within"],
    )
    return Resumption(optimizer, record, about["best_epoch"], best)


def _optimizer(about: Mapping[str, Any], whole: Mapping[str, Any]) -> Optimizer:
    """The optimizer, once its settings are known to be in the ranges that its options have."""
    kind, settings = _defined(OPTIMIZER, about["optimizer"], whole), about["settings"]
    for one in fields(kind):
        reader = READERS.get(one.metadata.get("accepts", ""))
        if reader is not None and one.name in settings:
            reader(repr(settings[one.name]))
    optimizer: Optimizer = kind(**settings)
    return optimizer


def _field(name: str, empty: Any, tensors: Mapping[str, Array], about: Mapping[str, Any]) -> Any:
    """One field of the optimizer's state, of the shape it must have."""
    if not isinstance(empty, np.ndarray):
        return about["counts"][name]
    value = tensors[f"optimizer.{name}"]
    if value.shape != empty.shape or value.dtype != empty.dtype:
        raise ValueError(say("the optimizer's {name} has shape {shape}", name=name, shape=value.shape))
    return value
