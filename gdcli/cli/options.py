"""The options, in groups that commands share: one name and one meaning wherever they appear."""

from typing import Annotated, Any, NamedTuple, Self

import typer

from gdcli.cli import parse

FIT_EPOCHS = 500
FIT_RATE = 0.1
TRAIN_EPOCHS, TRAIN_ROWS, MOST_EPOCHS = 20, 32_000, 1000
RATE_HELP = "Learning rate. [0.1; train: the optimizer's usual one]"
OPTIMIZER_HELP = "sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, ... [sgd; train: adam]"
LOSS_HELP = "mse, mae, huber; for classes cross-entropy, binary-cross-entropy, mse. [mse; classes: cross-entropy]"
DATA_HELP = "A table (csv, tsv, ...; .gz too), .npz, '-' for stdin, or sample:NAME."


def train_epochs(rows: int) -> int:
    """A network's usual passes over the data: 20, or as many as show it few rows 32,000 times, 1,000 batches of 32."""
    return min(MOST_EPOCHS, max(TRAIN_EPOCHS, -(-TRAIN_ROWS // max(1, rows))))


def option(*names: str, help: str, parser: Any = None, metavar: str | None = None) -> Any:  # noqa: A002
    """A typer option whose default, if worth saying, is said in its help."""
    return typer.Option(*names, help=help, parser=parser, metavar=metavar, show_default=False)


class DataOptions(NamedTuple):
    """Where the rows come from and how to read them."""

    data: Annotated[str | None, typer.Argument(metavar="[DATA]", help=DATA_HELP, show_default=False)] = None
    x: Annotated[
        str | None,
        option("--x", metavar="A,B", help="Input columns, by name or number; else all other numeric."),
    ] = None
    y: Annotated[
        str | None,
        option("--y", "--target", metavar="C", help="Target column; else y, target, label, class, or the last."),
    ] = None
    missing: Annotated[
        str, option("--missing", metavar="fail|drop|mean", help="What to do with empty cells. [fail]")
    ] = "fail"
    delimiter: Annotated[
        str | None, option("--delimiter", metavar="CHAR", help="What stands between cells; else found out.")
    ] = None
    no_header: Annotated[bool, option("--no-header", help="The first line holds data; columns are named 1, 2, ...")] = (
        False
    )
    encoding: Annotated[str, option("--encoding", metavar="NAME", help="Of the text. [utf-8]")] = "utf-8"
    decimal: Annotated[str, option("--decimal", metavar=".|,", help="The decimal mark. [.]")] = "."
    header: Annotated[
        bool, option("--header", help="The first line holds names; else it is compared with the rest.")
    ] = False
    na: Annotated[
        str | None, option("--na", metavar="WORD,...", help="Further words for no value, besides NA, -, ?, null, ...")
    ] = None
    thousands: Annotated[
        str | None, option("--thousands", metavar="CHAR", help="What separates thousands, as in 1,000. [nothing]")
    ] = None
    comment: Annotated[
        str | None, option("--comment", metavar="TEXT", help="What comment lines begin with. [#, unless rows do]")
    ] = None


class LineOptions(NamedTuple):
    """A linear model's form and parameters."""

    m: Annotated[float | None, option("--m", parser=parse.number, metavar="M", help="Slope (one input). [0]")] = None
    b: Annotated[float | None, option("--b", parser=parse.number, metavar="B", help="Intercept. [0]")] = None
    start: Annotated[
        str | None, option("--start", metavar="W1,W2,...,B", help="All parameters, in raw units. [zeros]")
    ] = None
    degree: Annotated[
        int, option("--degree", parser=parse.degree, metavar="N", help="Powers of each input, up to N. [1]")
    ] = 1
    no_intercept: Annotated[bool, option("--no-intercept", help="Through the origin: no b.")] = False


class OptimizerOptions(NamedTuple):
    """How a gradient becomes an update."""

    optimizer: Annotated[str | None, option("--optimizer", metavar="NAME", help=OPTIMIZER_HELP)] = None
    momentum: Annotated[
        float | None, option("--momentum", parser=parse.below_one, metavar="U", help="Velocity kept. [0.9]")
    ] = None
    beta1: Annotated[
        float | None, option("--beta1", parser=parse.below_one, metavar="U", help="Adam: mean kept. [0.9]")
    ] = None
    beta2: Annotated[
        float | None,
        option("--beta2", parser=parse.below_one, metavar="U", help="Adam: square kept. [0.999]"),
    ] = None
    decay: Annotated[
        float | None,
        option("--decay", parser=parse.below_one, metavar="U", help="RMSprop: square kept. [0.99]"),
    ] = None
    epsilon: Annotated[
        float | None, option("--epsilon", parser=parse.positive, metavar="E", help="Keeps divisions finite.")
    ] = None
    weight_decay: Annotated[
        float | None,
        option("--weight-decay", parser=parse.non_negative, metavar="D", help="As PyTorch's. [0; adamw 0.01]"),
    ] = None


class LossOptions(NamedTuple):
    """What is minimised."""

    loss: Annotated[str | None, option("--loss", metavar="NAME", help=LOSS_HELP)] = None
    l1: Annotated[
        float,
        option("--l1", parser=parse.non_negative, metavar="A", help="Adds A sum |w|, biases left out. [0]"),
    ] = 0.0
    l2: Annotated[
        float,
        option("--l2", parser=parse.non_negative, metavar="A", help="Adds A/2 sum w^2, biases left out. [0]"),
    ] = 0.0


class RateOptions(NamedTuple):
    """The learning rate and how it moves."""

    lr: Annotated[
        float | None,
        option("--lr", "--learning-rate", parser=parse.positive, metavar="LR", help=RATE_HELP),
    ] = None
    schedule: Annotated[
        str,
        option(
            "--schedule",
            metavar="NAME",
            help="constant, step, exponential, cosine, inverse-time, one-cycle; settings as step:every=9,factor=0.5.",
        ),
    ] = "constant"
    warmup: Annotated[
        int,
        option("--warmup", parser=parse.whole, metavar="STEPS", help="Steps of a straight ramp up to it. [0]"),
    ] = 0
    lr_at: Annotated[
        str | None, option("--lr-at", metavar="STEP:LR,...", help="From that step on, that rate; 1 = the first.")
    ] = None


class LoopOptions(NamedTuple):
    """Batches, order, scale."""

    batch_size: Annotated[
        str | None, option("--batch-size", metavar="N|full", help="Rows a step. [full; train: 32]")
    ] = None
    shuffle: Annotated[
        bool,
        typer.Option("--shuffle/--no-shuffle", help="Shuffle rows each epoch. [yes]", show_default=False),
    ] = True
    seed: Annotated[int, option("--seed", parser=parse.whole, metavar="N", help="Of split and shuffling. [0]")] = 0
    scale: Annotated[
        str | None,
        option(
            "--scale",
            metavar="none|standard|minmax|NUMBER",
            help="Scale inputs, as training rows ask. [none; train: standard, images by their largest pixel]",
        ),
    ] = None
    standardize: Annotated[bool, option("--standardize", help="Short for --scale standard.")] = False
    threads: Annotated[
        int | None, option("--threads", parser=parse.count, metavar="N", help="For linear algebra. [1]")
    ] = None

    @property
    def scaled(self) -> bool:
        """Whether inputs are scaled at all."""
        return self.standardize or self.scale not in (None, "none")


class EpochOptions(NamedTuple):
    """Passes over the data."""

    epochs: Annotated[
        int | None,
        option(
            "--epochs",
            parser=parse.whole,
            metavar="N",
            help="Passes over the data. [500; train: 20 or more]",
        ),
    ] = None


class NetworkOptions(NamedTuple):
    """The network, and what it is trained on besides DATA."""

    hidden: Annotated[
        str | None, option("--hidden", metavar="N,N", help="Neurons of each hidden layer. [none: softmax regression]")
    ] = None
    activation: Annotated[
        str | None,
        option("--activation", metavar="NAME,...", help="One for all hidden layers, or one for each. [relu]"),
    ] = None
    init: Annotated[
        str | None, option("--init", metavar="NAME", help="he, glorot, lecun, ... [what suits the activation]")
    ] = None
    dropout: Annotated[
        float | None,
        option("--dropout", parser=parse.below_one, metavar="P", help="Silences hidden neurons while training. [0]"),
    ] = None
    dtype: Annotated[str | None, option("--dtype", metavar="float32|float64", help="[float32]")] = None
    task: Annotated[
        str | None,
        option("--task", metavar="classification|regression", help="[as the target looks: text or few whole numbers]"),
    ] = None
    categorical: Annotated[
        str | None, option("--categorical", metavar="A,B", help="Text columns to take as inputs, one-hot.")
    ] = None
    test: Annotated[str | None, option("--test", metavar="FILE", help="Rows to test on at the end.")] = None
    labels: Annotated[str | None, option("--labels", metavar="FILE", help="Labels of IDX images.")] = None
    test_labels: Annotated[
        str | None, option("--test-labels", metavar="FILE", help="Labels of the test set's IDX images.")
    ] = None
    label_smoothing: Annotated[
        float,
        option("--label-smoothing", parser=parse.below_one, metavar="S", help="Part of a label spread over all. [0]"),
    ] = 0.0
    class_weight: Annotated[
        str | None, option("--class-weight", metavar="balanced|A=2,B=1", help="How much each class counts. [all alike]")
    ] = None


class SaveOptions(NamedTuple):
    """The model on disk."""

    save: Annotated[str | None, option("--save", metavar="FILE", help="Write the model there, as .safetensors.")] = None


class ResumeOptions(NamedTuple):
    """A run to go on with."""

    resume: Annotated[
        str | None, option("--resume", metavar="MODEL", help="Go on with a saved run, as if it had never stopped.")
    ] = None


class ShowOptions(NamedTuple):
    """Pictures of the data."""

    show: Annotated[
        int | None, option("--show", parser=parse.count, metavar="N", help="Show N rows of image data as pictures.")
    ] = None


class StopOptions(NamedTuple):
    """When to stop, and what is held out."""

    validation: Annotated[
        str | None,
        option("--validation", metavar="FRACTION|FILE", help="Rows held out: a part, or a file of them."),
    ] = None
    keep: Annotated[
        str,
        option("--keep", metavar="best|last", help="Which epoch's parameters count where rows are held out. [best]"),
    ] = "best"
    patience: Annotated[
        int | None,
        option("--patience", parser=parse.count, metavar="N", help="Stop after N epochs without improvement."),
    ] = None
    min_delta: Annotated[
        float,
        option(
            "--min-delta",
            parser=parse.non_negative,
            metavar="D",
            help="What improves by no more does not. [0]",
        ),
    ] = 0.0
    tolerance: Annotated[
        float | None,
        option("--tolerance", parser=parse.non_negative, metavar="T", help="Stop when no |gradient| exceeds T."),
    ] = None
    target_loss: Annotated[
        float | None,
        option("--target-loss", parser=parse.number, metavar="L", help="Stop at this training loss."),
    ] = None
    max_steps: Annotated[
        int | None,
        option("--max-steps", parser=parse.count, metavar="N", help="Stop after N updates, in mid-epoch if need be."),
    ] = None
    require_converged: Annotated[
        bool,
        option("--require-converged", help="Exit 5 unless a tolerance (1e-6 if none is given) or target was met."),
    ] = False

    def checked(self) -> Self:
        """The same, with words as the rest of the program has them.

        Raises:
            OptionError: If --keep is none of its choices.
        """
        return self._replace(keep=parse.one_of("--keep", self.keep, ("best", "last")))

    def updates(self, planned: int) -> int:
        """How many updates are made at most, of those planned."""
        return planned if self.max_steps is None else min(planned, self.max_steps)


class OutputOptions(NamedTuple):
    """Where results go and in what form."""

    format: Annotated[
        str, option("--format", "-f", metavar="NAME", help="table, csv, tsv, json, jsonl or kv. [table]")
    ] = "table"
    output: Annotated[
        str | None, option("--output", "-o", metavar="FILE", help="Write results there, all or nothing.")
    ] = None
    quiet: Annotated[bool, option("--quiet", "-q", help="No notes on stderr.")] = False
    color: Annotated[str, option("--color", metavar="auto|always|never", help="[auto]")] = "auto"
    debug: Annotated[bool, option("--debug", help="Show a traceback with an error.")] = False


class StreamOptions(NamedTuple):
    """Which rows of a run are shown, and what else."""

    every: Annotated[
        str | None,
        option(
            "--every",
            metavar="N|xK|auto",
            help="Rows shown: each Nth; 1, K, K^2, ...; about 20. [auto; csv, json: 1]",
        ),
    ] = None
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="Pictures. [on a terminal]", show_default=False)
    ] = None
    timing: Annotated[bool, option("--timing", help="Add seconds to csv, json and jsonl rows.")] = False
