"""A sweep on a real Dask cluster: a scheduler and two workers, each a process of its own, one of them killed."""

import contextlib
import importlib.util
import json
import signal
import socket
import subprocess
import sys

import pytest
from conftest import clean_environ
from test_sweep import what_is_left

PATIENCE = 300
SWEEP = ["train", "sample:moons", "--hidden", "2;3;4;5;6;7;8", "--lr", "0.01,0.1,1e9", "--optimizer", "sgd"]
LONG = ["--epochs", "150", "--dtype", "float64", "--format", "jsonl", "--every", "50"]

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="the optional extra [dask] is not installed"
)


def program(*words):
    return [sys.executable, "-m", *words]


@contextlib.contextmanager
def started(*words, **options):
    """A process that is gone at the end, whatever happens."""
    running = subprocess.Popen(program(*words), env=clean_environ({"OPENBLAS_NUM_THREADS": "1"}), **options)
    try:
        yield running
    finally:
        running.kill()
        running.wait(PATIENCE)
        for stream in (running.stdout, running.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler's address, and its two workers, for the whole file: the test that kills one of them comes last."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path_factory.mktemp("cluster")}
    port = address.rpartition(":")[2]
    worker = ("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            started("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard", **quiet)
        )
        workers = [stack.enter_context(started(*worker, **quiet)) for _ in range(2)]
        code = f"from distributed import Client; Client({address!r}, timeout=60).wait_for_workers(2, timeout=60)"
        subprocess.run(
            [sys.executable, "-c", code], check=True, timeout=PATIENCE, env=clean_environ(), capture_output=True
        )
        yield address, workers


def rows(text):
    return {row["run"]: row for row in map(json.loads, text.splitlines())}


@needs_dask
def test_ctrl_c_on_a_cluster_prints_what_finished(cluster):
    command = ["gdcli", "sweep", *SWEEP, "--epochs", "400", "--format", "jsonl", "--cluster", cluster[0]]
    with started(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sweep:
        first = sweep.stdout.readline()
        sweep.send_signal(signal.SIGINT)
        rest, told = what_is_left(sweep)
    assert sweep.returncode == 130, told
    assert "Traceback" not in told
    assert rows(first + rest)


@needs_dask
@pytest.mark.long  # tests/test_workers.py kills one too, in a shorter run
def test_a_worker_killed_in_the_middle_changes_nothing(cluster, process):
    address, workers = cluster
    command = ["gdcli", "sweep", *SWEEP, *LONG, "--cluster", address]
    with started(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sweep:
        first = [sweep.stdout.readline() for _ in range(4)]
        workers[0].send_signal(signal.SIGKILL)
        rest, told = what_is_left(sweep)
    assert sweep.returncode == 0, told
    assert "Traceback" not in told
    assert "was lost: its runs are done again" in told
    here = process("sweep", *SWEEP, *LONG)
    assert here.code == 0, here.err
    assert rows("".join(first) + rest) == rows(here.out)
    assert len(rows(here.out)) == 21


@needs_dask
def test_nobody_answers():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        patched = "from gdcli.experiments import connection; connection.CONNECT = 1"
        impatient = f"import sys; from gdcli.cli import boundary; {patched}"
        script = f"{impatient}; sys.exit(boundary.run(['sweep', 'fit', 'sample:deck', '--cluster', {address!r}]))"
        ran = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, env=clean_environ()
        )
    assert (ran.returncode, ran.stdout) == (3, "")
    lines = ran.stderr.splitlines()
    assert lines[0] == f"gdcli: --cluster: no scheduler answers at {address}"
    assert len(lines) == 2
    assert "Traceback" not in ran.stderr


@pytest.mark.skipif(importlib.util.find_spec("distributed") is not None, reason="Dask is installed")
def test_without_dask_it_says_what_to_install(gdcli, refused):
    refused(gdcli("sweep", "fit", "sample:deck", "--cluster", "tcp://127.0.0.1:1"), 2, "needs Dask")


@pytest.mark.parametrize("address", ["localhost", "http://127.0.0.1:8786", "tcp://127.0.0.1", "tcp://:1"])
def test_what_is_no_address(gdcli, refused, address):
    refused(gdcli("sweep", "fit", "sample:deck", "--cluster", address), 2, "--cluster", "is not an address")


def test_cluster_and_workers_exclude_each_other(gdcli, refused):
    command = ["sweep", "fit", "sample:deck", "--cluster", "tcp://127.0.0.1:1", "--workers", "2"]
    refused(gdcli(*command), 2, "--cluster", "--workers")
