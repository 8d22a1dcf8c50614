"""Gradient-descent experiments: what the commands do, and the numeric core below, without a terminal library.

>>> import gdcli
>>> result = gdcli.fit("sample:deck", m=-1, b=5, lr=0.1, epochs=1)
>>> {name: round(value, 12) for name, value in result.parameters.items()}
{'m': -0.7, 'b': 5.1}
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

TYPE_CHECKING = False  # typing's own would load it: this is the first file of every start
if TYPE_CHECKING:
    import typing

    from gdcli.data.dataset import Dataset as Dataset
    from gdcli.data.dataset import compress as compress
    from gdcli.definitions.plugins import load_plugin as load_plugin
    from gdcli.errors import GdcliError as GdcliError
    from gdcli.experiments.invocation import Invocation as Invocation
    from gdcli.experiments.library import fit as fit
    from gdcli.experiments.library import load as load
    from gdcli.experiments.library import train as train
    from gdcli.experiments.spec import DataSpec as DataSpec
    from gdcli.experiments.spec import LineSpec as LineSpec
    from gdcli.experiments.spec import NetworkSpec as NetworkSpec
    from gdcli.experiments.spec import Spec as Spec
    from gdcli.experiments.sweep.api import sweep as sweep
    from gdcli.nn import activations as activations
    from gdcli.nn import initializers as initializers
    from gdcli.nn import losses as losses
    from gdcli.nn import metrics as metrics
    from gdcli.nn.linear import Linear as Linear
    from gdcli.nn.linear import Proportional as Proportional
    from gdcli.nn.losses import binary_cross_entropy as binary_cross_entropy
    from gdcli.nn.losses import cross_entropy as cross_entropy
    from gdcli.nn.losses import huber as huber
    from gdcli.nn.losses import mae as mae
    from gdcli.nn.losses import mse as mse
    from gdcli.nn.networks import Dropout as Dropout
    from gdcli.nn.networks import Network as Network
    from gdcli.optim import optimizers as optimizers
    from gdcli.optim import schedules as schedules
    from gdcli.optim.optimizers import SGD as SGD
    from gdcli.optim.optimizers import Accelerated as Accelerated
    from gdcli.optim.optimizers import Adagrad as Adagrad
    from gdcli.optim.optimizers import Adam as Adam
    from gdcli.optim.optimizers import AdamW as AdamW
    from gdcli.optim.optimizers import AMSGrad as AMSGrad
    from gdcli.optim.optimizers import CenteredRMSprop as CenteredRMSprop
    from gdcli.optim.optimizers import Momentum as Momentum
    from gdcli.optim.optimizers import Nesterov as Nesterov
    from gdcli.optim.optimizers import RMSprop as RMSprop
    from gdcli.training.loop import Problem as Problem
    from gdcli.training.loop import descend as descend
    from gdcli.training.records import Epoch as Epoch
    from gdcli.training.records import Status as Status
    from gdcli.training.records import Step as Step
    from gdcli.training.rules import MaxSteps as MaxSteps
    from gdcli.training.rules import Patience as Patience
    from gdcli.training.rules import StoppingRule as StoppingRule
    from gdcli.training.rules import TargetLoss as TargetLoss
    from gdcli.training.rules import Tolerance as Tolerance
    from gdcli.training.stopping import Stopping as Stopping
    from gdcli.training.stopping import stopped as stopped
    from gdcli.training.stopping import until as until
    from gdcli.training.stopping import until_loss as until_loss
    from gdcli.training.streams import Run as Run
    from gdcli.training.streams import epochs as epochs
    from gdcli.training.streams import thin as thin

# Names are imported when first asked for: `gdcli --version` need not load NumPy.
_HOMES = {
    "gdcli.data.dataset": ("Dataset", "compress"),
    "gdcli.definitions.plugins": ("load_plugin",),
    "gdcli.errors": ("GdcliError",),
    "gdcli.experiments.invocation": ("Invocation",),
    "gdcli.experiments.library": ("fit", "load", "train"),
    "gdcli.experiments.spec": ("DataSpec", "LineSpec", "NetworkSpec", "Spec"),
    "gdcli.experiments.sweep.api": ("sweep",),
    "gdcli.nn": ("activations", "initializers", "losses", "metrics"),
    "gdcli.nn.linear": ("Linear", "Proportional"),
    "gdcli.nn.losses": ("binary_cross_entropy", "cross_entropy", "huber", "mae", "mse"),
    "gdcli.nn.networks": ("Dropout", "Network"),
    "gdcli.optim": ("optimizers", "schedules"),
    "gdcli.optim.optimizers": (
        "SGD",
        "AMSGrad",
        "Accelerated",
        "Adagrad",
        "Adam",
        "AdamW",
        "CenteredRMSprop",
        "Momentum",
        "Nesterov",
        "RMSprop",
    ),
    "gdcli.training.loop": ("Problem", "descend"),
    "gdcli.training.records": ("Epoch", "Status", "Step"),
    "gdcli.training.rules": ("MaxSteps", "Patience", "StoppingRule", "TargetLoss", "Tolerance"),
    "gdcli.training.stopping": ("Stopping", "stopped", "until", "until_loss"),
    "gdcli.training.streams": ("Run", "epochs", "thin"),
}
_MODULES = (*_HOMES["gdcli.nn"], *_HOMES["gdcli.optim"])
_HOME = {name: home for home, names in _HOMES.items() for name in names}
__all__ = sorted([*_HOME, "__version__"])


def __getattr__(name: str) -> typing.Any:
    if name not in _HOME:
        raise AttributeError(f"module 'gdcli' has no attribute {name!r}")
    home = _HOME[name]
    value = import_module(f"{home}.{name}") if name in _MODULES else getattr(import_module(home), name)
    globals()[name] = value
    return value


def _as_html(result: typing.Any) -> str:
    """What a notebook shows of a result; it is drawn above the floor that the result stands on."""
    html: str = import_module("gdcli.render.notebook").as_html(result)
    return html


def __dir__() -> list[str]:
    return list(__all__)
