"""Gradient-descent experiments: the numeric core, without a terminal library.

>>> import gdcli, numpy as np
>>> data = gdcli.Dataset(inputs=np.array([[1.0], [2.0]]), targets=np.array([3.0, 5.0]))
>>> problem = gdcli.Problem(gdcli.Linear(1), gdcli.mse, data)
>>> run = gdcli.train(problem, gdcli.SGD(), learning_rate=0.1, epochs=1, start=np.array([-1.0, 5.0]))
>>> [round(record.row()["loss"], 12) for record in run]
[2.5, 1.825]
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from gdcli.data.dataset import Dataset as Dataset
    from gdcli.data.dataset import compress as compress
    from gdcli.errors import GdcliError as GdcliError
    from gdcli.losses import binary_cross_entropy as binary_cross_entropy
    from gdcli.losses import cross_entropy as cross_entropy
    from gdcli.losses import huber as huber
    from gdcli.losses import mae as mae
    from gdcli.losses import mse as mse
    from gdcli.models import Linear as Linear
    from gdcli.models import Proportional as Proportional
    from gdcli.networks import Dropout as Dropout
    from gdcli.networks import Network as Network
    from gdcli.optimizers import (
        SGD as SGD,
    )
    from gdcli.optimizers import (
        Adagrad as Adagrad,
    )
    from gdcli.optimizers import (
        Adam as Adam,
    )
    from gdcli.optimizers import (
        AdamW as AdamW,
    )
    from gdcli.optimizers import (
        AMSGrad as AMSGrad,
    )
    from gdcli.optimizers import (
        CenteredRMSprop as CenteredRMSprop,
    )
    from gdcli.optimizers import (
        Momentum as Momentum,
    )
    from gdcli.optimizers import (
        Nesterov as Nesterov,
    )
    from gdcli.optimizers import (
        RMSprop as RMSprop,
    )
    from gdcli.records import Epoch as Epoch
    from gdcli.records import Status as Status
    from gdcli.records import Step as Step
    from gdcli.streams import (
        Run as Run,
    )
    from gdcli.streams import (
        early_stopping as early_stopping,
    )
    from gdcli.streams import (
        epochs as epochs,
    )
    from gdcli.streams import (
        thin as thin,
    )
    from gdcli.streams import (
        until_diverged as until_diverged,
    )
    from gdcli.streams import (
        until_flat as until_flat,
    )
    from gdcli.streams import (
        until_interrupted as until_interrupted,
    )
    from gdcli.streams import (
        until_loss as until_loss,
    )
    from gdcli.streams import (
        until_step as until_step,
    )
    from gdcli.training import Problem as Problem
    from gdcli.training import descend as descend
    from gdcli.training import train as train

# Names are imported when first asked for: `gdcli --version` need not load NumPy.
_HOMES = {
    "gdcli.data.dataset": ("Dataset", "compress"),
    "gdcli.errors": ("GdcliError",),
    "gdcli.losses": ("binary_cross_entropy", "cross_entropy", "huber", "mae", "mse"),
    "gdcli.models": ("Linear", "Proportional"),
    "gdcli.networks": ("Dropout", "Network"),
    "gdcli.optimizers": (
        "SGD",
        "AMSGrad",
        "Adagrad",
        "Adam",
        "AdamW",
        "CenteredRMSprop",
        "Momentum",
        "Nesterov",
        "RMSprop",
    ),
    "gdcli.records": ("Epoch", "Status", "Step"),
    "gdcli.streams": (
        "Run",
        "early_stopping",
        "epochs",
        "thin",
        "until_diverged",
        "until_flat",
        "until_interrupted",
        "until_loss",
        "until_step",
    ),
    "gdcli.training": ("Problem", "descend", "train"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}
__all__ = sorted([*_HOME, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'gdcli' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
