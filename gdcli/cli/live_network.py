"""The network scene's setup, by the same functions as `train`."""

from __future__ import annotations

from gdcli.cli.network_plan import NetworkPlan
from gdcli.cli.train_told import architecture
from gdcli.live.setup import NetworkScene, Setup

FLOOR = 1e-8
NAMES = {"mse": "MSE", "mae": "MAE", "huber": "Huber loss"}


def network_setup(made: NetworkPlan, name: str, fixed_length: bool) -> Setup:
    """A network's run on the screen.

    Args:
        made: The run as `train` would make it.
        name: What the data is called.
        fixed_length: Whether its schedule ends somewhere.
    """
    return Setup(
        name="standard input" if name == "-" else name,
        model=architecture(made),
        problem=made.problem,
        optimizer=made.optimizer,
        schedule=made.schedule,
        start=made.start,
        batch_size=made.batch_size,
        seed=made.loop.seed,
        shuffle=made.loop.shuffle,
        epochs=made.epochs if fixed_length else None,
        rate=made.rate,
        limit=None,
        loss_name=NAMES.get(made.loss_name, made.loss_name),
        floor=FLOOR,
        scene=NetworkScene(made.raw, made.held_out, made.network, made.preparation, made.loss_unit),
        settings=settings(made),
    )


def settings(made: NetworkPlan) -> dict[str, str]:
    """What is set, in words."""
    told = {
        "optimizer": type(made.optimizer).__name__,
        "batch": "full batch" if made.batch_size is None else f"batch {made.batch_size}",
    }
    return told | ({"penalty": f"L2 {made.problem.l2:g}"} if made.problem.l2 else {})
