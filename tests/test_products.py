"""Products: each way of making one gives the product, and says nothing of how it was made."""

import numpy as np
import pytest

from gdcli.data.dataset import Dataset
from gdcli.nn import products
from gdcli.nn.losses import cross_entropy, one_hot
from gdcli.nn.networks import Network
from gdcli.training.loop import Problem

SIZES = [(32, 784, 512), (784, 32, 512), (32, 512, 512), (1, 600, 6400), (7, 513, 1024), (64, 784, 64), (300, 300, 300)]
ODD = [(32, 784, 500), (3, 2, 1), (32, 784, 10), (100, 100, 31)]


@pytest.fixture(params=[True, False], ids=["unpacked", "packed"])
def unpacked(request, monkeypatch):
    monkeypatch.setattr(products, "_takes_unpacked", lambda: request.param)


def matrices(rows, inner, columns, dtype=np.float64):
    rng = np.random.default_rng(rows + inner + columns)
    return rng.normal(size=(rows, inner)).astype(dtype), rng.normal(size=(inner, columns)).astype(dtype)


@pytest.mark.usefixtures("unpacked")
@pytest.mark.parametrize("sizes", SIZES + ODD, ids=str)
@pytest.mark.parametrize("orders", ["CC", "CF", "FC", "FF"])
def test_is_the_product_however_the_matrices_lie(sizes, orders):
    product = products.product_for(np.empty(products.LARGE))
    a, b = (np.asarray(m, order=order) for m, order in zip(matrices(*sizes), orders, strict=True))
    wanted = np.einsum("ij,jk->ik", a, b, optimize=False)
    np.testing.assert_allclose(product(a, b), wanted, rtol=1e-11, atol=1e-11)
    out = np.full((sizes[0], sizes[2]), np.nan)
    product(a, b, out=out)
    np.testing.assert_allclose(out, wanted, rtol=1e-11, atol=1e-11)


@pytest.mark.usefixtures("unpacked")
def test_into_a_part_of_a_vector():
    """As a layer's gradient is written into the flat one; what is beside it stays."""
    product = products.product_for(np.empty(products.LARGE))
    a, b = matrices(784, 32, 512, np.float32)
    vector = np.full(784 * 512 + 20, 7, np.float32)
    product(a, b, out=vector[10:-10].reshape(784, 512))
    np.testing.assert_allclose(vector[10:-10], (a.astype(float) @ b).ravel(), atol=1e-4)
    assert set(vector[:10]) | set(vector[-10:]) == {7}


def test_blocks_are_made_where_they_pay_alone(monkeypatch):
    blocks = []
    original = products._blocks
    monkeypatch.setattr(products, "_blocks", lambda matrix: blocks.append(matrix.shape) or original(matrix))
    monkeypatch.setattr(products, "_takes_unpacked", lambda: True)
    for sizes in [*SIZES, *ODD]:
        blocks.clear()
        products.product_for(np.empty(products.LARGE))(*matrices(*sizes))
        assert bool(blocks) == (sizes in SIZES[:5]), sizes


def test_small_networks_and_stacks_pay_nothing():
    assert products.product_for(np.empty(products.LARGE - 1)) is np.dot
    assert products.product_for(np.empty((3, products.LARGE))) is np.matmul


@pytest.mark.usefixtures("unpacked")
def test_a_network_s_gradient_is_the_same_in_blocks():
    """Against the same network in a stack of one, whose products are made by `np.matmul`."""
    rng = np.random.default_rng(2)
    network = Network((300, 256, 128, 10))
    assert network.size > products.LARGE
    problem = Problem(network, cross_entropy, Dataset(rng.normal(size=(40, 300)), one_hot(rng.integers(0, 10, 40), 10)))
    parameters = network.initial(rng, np.float64)
    loss, gradient = problem.loss_and_gradient(parameters, problem.data.inputs, problem.data.targets)
    losses, stacked = problem.loss_and_gradient(parameters[None], problem.data.inputs, problem.data.targets)
    assert loss == pytest.approx(float(losses[0]), rel=1e-13)
    np.testing.assert_allclose(gradient, stacked[0], rtol=1e-10, atol=1e-15)
    step, at = 1e-6, np.random.default_rng(0).integers(0, network.size, 20)
    for index in at:
        moved = [parameters + sign * step * (np.arange(network.size) == index) for sign in (1, -1)]
        up, down = (float(problem.data_loss(p, problem.data)) for p in moved)
        assert gradient[index] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-9)


BLAS = {"user_api": "blas", "internal_api": "openblas", "num_threads": 1, "architecture": "SkylakeX"}


@pytest.mark.parametrize(
    ("libraries", "wanted"),
    [
        ([BLAS], True),
        ([{"user_api": "openmp", "internal_api": "openmp", "num_threads": 2}, BLAS], True),
        ([BLAS | {"architecture": "Haswell"}], False),
        ([BLAS | {"num_threads": 2}], False),
        ([{"user_api": "blas", "internal_api": "mkl", "num_threads": 1}], False),
        ([], False),
    ],
)
def test_what_the_machine_has(libraries, wanted, monkeypatch):
    monkeypatch.setattr("threadpoolctl.threadpool_info", lambda: libraries)
    products._takes_unpacked.cache_clear()
    assert products._takes_unpacked() is wanted
    products._takes_unpacked.cache_clear()
