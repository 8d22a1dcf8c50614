"""PyTorch's hyperparameters as our optimizers."""

from gdcli.optim import optimizers


def from_torch(run):
    """Our optimizer for a PyTorch run's hyperparameters."""
    hyper, name = run["hyper"], run["optimizer"]
    weight_decay = hyper["weight_decay"]
    if name == "sgd":
        return optimizers.SGD(weight_decay)
    if name in ("momentum", "nesterov"):
        kind = optimizers.Nesterov if name == "nesterov" else optimizers.Momentum
        return kind(weight_decay, hyper["momentum"])
    if name == "adagrad":
        return optimizers.Adagrad(weight_decay, hyper["eps"])
    if name == "rmsprop":
        kind = optimizers.CenteredRMSprop if hyper["centered"] else optimizers.RMSprop
        return kind(weight_decay, hyper["alpha"], hyper["eps"], hyper["momentum"])
    kind = {"adam": optimizers.Adam, "adamw": optimizers.AdamW}[name]
    kind = optimizers.AMSGrad if hyper["amsgrad"] else kind
    return kind(weight_decay, *hyper["betas"], hyper["eps"])
