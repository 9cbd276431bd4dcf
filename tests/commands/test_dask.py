"""Studies on a Dask cluster: two worker processes on this host, with and without accidents."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sim.cli import main
from sim.study import blocks, executors

distributed = pytest.importorskip("distributed")

MARATHON = Path(__file__).resolve().parents[2] / "scenarios/examples/three-crews-marathon.toml"

pytestmark = [
    # What Dask leaves to the garbage collector when its processes are killed.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def rally(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def odds(tmp_path: Path, *words: object, n: int = 2000) -> dict[str, Any]:
    file = tmp_path / "odds.json"
    result = rally("odds", MARATHON, "-n", n, "--json", file, *words)
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(file.read_text())
    return document


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 128 rallies in the array engine."""
    monkeypatch.setitem(blocks.BLOCK, "array", 128)


@contextmanager
def dask(*words: str, folder: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Dask's own command, killed at the end; what is in the folder it imports before anything else."""
    command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
    process = subprocess.Popen(command, cwd=folder)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def cluster(workers_in: Path | None = None) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """(address of the scheduler, worker processes)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    plain = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
    with (
        dask("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"),
        dask("worker", address, *plain, folder=workers_in) as one,
        dask("worker", address, *plain, folder=workers_in) as other,
    ):
        with distributed.Client(address, timeout=30, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield address, [one, other]


def test_a_killed_worker_changes_nothing(tmp_path: Path) -> None:
    alone = odds(tmp_path, n=6000)
    with cluster() as (address, workers):
        study = tmp_path / "study"

        def kill_one() -> None:
            while len(list(study.glob("blocks/*"))) < 5:
                time.sleep(0.01)
            workers[0].kill()

        threading.Thread(target=kill_one, daemon=True).start()
        shared = odds(tmp_path, "--executor", "dask", "--scheduler", address, "--study", study, n=6000)
        assert workers[0].wait(10) == -signal.SIGKILL
    assert shared == alone


@pytest.mark.parametrize(
    ("modules", "told"),
    [
        ({"sim/__init__.py": ""}, "No module named"),
        ({"sim/__init__.py": "", "sim/study/__init__.py": "", "sim/study/blocks.py": ""}, "get attribute"),
    ],
)
def test_a_worker_that_lacks_the_package_is_told(tmp_path: Path, modules: dict[str, str], told: str) -> None:
    for name, text in modules.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with cluster(workers_in=tmp_path) as (address, _):
        result = rally("odds", MARATHON, "-n", 200, "--executor", "dask", "--scheduler", address)
    assert result.exit_code == 3
    assert "a worker lacks this package or has another version: " in result.stderr
    assert told in result.stderr


def test_a_cluster_of_its_own_gives_the_same_digits(tmp_path: Path) -> None:
    assert odds(tmp_path, "--executor", "dask", "--workers", 2) == odds(tmp_path)


@pytest.mark.parametrize("kind", ["nobody", "silent", "stranger"])
def test_a_scheduler_that_does_not_answer_is_told_within_ten_seconds(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert executors.ANSWER_S + 1 < 9
    monkeypatch.setattr(executors, "ANSWER_S", 2)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if kind != "nobody":
            server.listen()
        if kind == "stranger":
            threading.Thread(target=lambda: server.accept()[0].sendall(b"HTTP/1.1 400 Bad Request\n" * 4)).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        began = time.monotonic()
        result = rally("odds", MARATHON, "--executor", "dask", "--scheduler", address)
        assert time.monotonic() - began < 5
    assert result.exit_code == 3
    assert f"no Dask scheduler answers at {address}" in result.stderr


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1:port", "carrier-pigeon://127.0.0.1:1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    result = rally("odds", MARATHON, "--executor", "dask", "--scheduler", address)
    assert result.exit_code == 2
    assert f"'{address}' is no address of a scheduler, as in tcp://10.0.0.1:8786" in result.stderr


def test_a_scheduler_without_workers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "ANSWER_S", 2)
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty:
        result = rally("odds", MARATHON, "--executor", "dask", "--scheduler", empty.scheduler_address)
    assert result.exit_code == 3
    assert "has no workers: start dask worker" in result.stderr
