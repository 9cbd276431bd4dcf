"""Studies from the command line: stored, interrupted, extended, merged, precise, distributed."""

from __future__ import annotations

import errno
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from sim.cli import main
from sim.study import blocks
from sim.study.store import Store

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
MARATHON = SCENARIOS / "examples/three-crews-marathon.toml"
ONE_STAGE = SCENARIOS / "examples/one-crew-one-stage.toml"


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 256 rallies in the array engine."""
    monkeypatch.setitem(blocks.BLOCK, "array", 256)


def rally(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def numbers(*words: object, json_file: Path) -> dict[str, Any]:
    """What a command says, without the record."""
    result = rally(*words, "--json", json_file)
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(json_file.read_text())
    del document["record"]
    return document


def told(result: Result) -> str:
    return " ".join(result.stderr.split())


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, Any]:
    """The odds of rallies 0 to 999, in one go."""
    return numbers("odds", MARATHON, "-n", 1000, json_file=tmp_path / "whole.json")


def test_a_study_has_40000_rallies_unless_it_is_told_otherwise() -> None:
    result = rally("odds", "--help")
    assert "40,000 by default" in " ".join(result.output.split())
    assert 1.96 * (0.25 / 40_000) ** 0.5 < 0.005


def test_two_workers_give_the_same_file_as_one(tmp_path: Path) -> None:
    files = [tmp_path / f"{workers}.json" for workers in (1, 2)]
    for workers, file in enumerate(files, start=1):
        assert rally("odds", MARATHON, "-n", 1000, "--workers", workers, "--json", file).exit_code == 0
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_stored_study_is_shown_again_without_being_computed_again(
    tmp_path: Path, whole: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = tmp_path / "study"
    assert numbers("odds", MARATHON, "-n", 1000, "--study", study, json_file=tmp_path / "a.json") == whole
    monkeypatch.setattr(blocks, "run_block", lambda *_: 1 / 0)
    assert numbers("odds", MARATHON, "--study", study, json_file=tmp_path / "b.json") == whole


def test_an_interrupted_study_goes_on_where_it_stopped(
    tmp_path: Path, whole: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished, study = blocks.run_block, tmp_path / "study"

    def interrupted(plan: Any, luck: Any, first: int, count: int) -> Any:
        if first == 512:
            raise KeyboardInterrupt
        return finished(plan, luck, first, count)

    with monkeypatch.context() as patch:
        patch.setattr(blocks, "run_block", interrupted)
        result = rally("odds", MARATHON, "-n", 1000, "--study", study)
    assert result.exit_code == 130
    assert "Stopped early: these are the first 512 of 1,000 rallies. What is finished is in" in told(result)
    assert len(list((study / "blocks").iterdir())) == 2
    assert numbers("odds", MARATHON, "--study", study, json_file=tmp_path / "b.json") == whole


def test_a_full_disk_is_told_and_what_was_finished_is_shown_and_kept(
    tmp_path: Path, whole: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, synced = tmp_path / "study", []

    def full(file: int) -> None:
        synced.append(file)
        if len(synced) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        result = rally("odds", MARATHON, "-n", 1000, "--study", study)
    assert result.exit_code == 3
    assert "No space left on device: these are the first 512 of 1,000 rallies." in told(result)
    assert "Crews: odds in percent, from 512 rallies" in result.output
    assert numbers("odds", MARATHON, "--study", study, json_file=tmp_path / "b.json") == whole


def test_a_study_can_be_extended(tmp_path: Path, whole: Any) -> None:
    study = tmp_path / "study"
    rally("odds", MARATHON, "-n", 700, "--study", study)
    assert numbers("odds", MARATHON, "--study", study, "--extend", 300, json_file=tmp_path / "a.json") == whole


def test_shards_make_the_study_they_are_parts_of(tmp_path: Path, whole: Any) -> None:
    shards = [tmp_path / name for name in "abc"]
    for shard, first, count in zip(shards, (0, 300, 900), (300, 600, 100), strict=True):
        assert rally("odds", MARATHON, "-n", count, "--first", first, "--study", shard).exit_code == 0
    merged = tmp_path / "merged"
    assert numbers("merge", *shards[::-1], "--study", merged, json_file=tmp_path / "m.json") == whole
    assert numbers("odds", MARATHON, "--study", merged, json_file=tmp_path / "n.json") == whole
    assert json.loads((tmp_path / "m.json").read_text())["record"]["command"] == (
        f"rally odds {MARATHON} -n 1000 --seed 2026 --engine array"
    )


def test_a_damaged_block_is_named_and_computed_again(tmp_path: Path, whole: Any) -> None:
    study = tmp_path / "study"
    rally("odds", MARATHON, "-n", 1000, "--study", study)
    block = study / "blocks/0000000256-256.block"
    good = block.read_bytes()
    for command in (("odds", MARATHON, "--study", study), ("merge", study)):
        block.write_bytes(good[:-1])
        result = rally(*command, "--json", tmp_path / "again.json")
        assert result.exit_code == 0
        assert f"{block} is damaged (its checksum is another one): replications 256 to 511" in told(result)
        document = json.loads((tmp_path / "again.json").read_text())
        assert {**whole, "record": document["record"]} == document
        assert block.read_bytes() == good


def test_a_block_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    study = tmp_path / "study"
    rally("odds", MARATHON, "-n", 600, "--study", study)
    block = study / "blocks/0000000256-256.block"
    block.unlink()
    block.mkdir()
    result = rally("odds", MARATHON, "--study", study)
    assert result.exit_code == 3
    advice = "take it away, and replications 256 to 511 are computed again"
    assert f"{block} cannot be read (Is a directory): {advice}: these are the first 256 of 600" in told(result)


def test_outcomes_of_a_stored_study_are_computed_where_they_were_not_stored(tmp_path: Path) -> None:
    study, plain, stored = tmp_path / "study", tmp_path / "plain.npz", tmp_path / "stored.npz"
    rally("odds", MARATHON, "-n", 600, "--outcomes", plain)
    rally("odds", MARATHON, "-n", 600, "--study", study)
    assert rally("odds", MARATHON, "--study", study, "--outcomes", stored).exit_code == 0
    with np.load(plain) as one, np.load(stored) as other:
        assert all((one[name] == other[name]).all() for name in one.files)


def test_an_interrupted_file_of_outcomes_has_the_rallies_that_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished, file = blocks.run_block, tmp_path / "outcomes.npz"

    def interrupted(plan: Any, luck: Any, first: int, count: int) -> Any:
        if first == 512:
            raise KeyboardInterrupt
        return finished(plan, luck, first, count)

    monkeypatch.setattr(blocks, "run_block", interrupted)
    assert rally("odds", MARATHON, "-n", 1000, "--outcomes", file).exit_code == 130
    with np.load(file) as stored:
        assert stored["replication"].tolist() == list(range(512))
        assert stored["stage_s"].shape == (512, 3, 2)


def test_a_study_for_a_precision_says_how_many_rallies_it_took_and_can_be_had_again(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    words = ("odds", MARATHON, "--precision", "2pp", "--quantity", "crews.11.retired", "--quantity", "crews.12.retired")
    result = rally(*words, "--json", file)
    assert result.exit_code == 0
    record = json.loads(file.read_text())["record"]
    took = record["replications"]
    assert f"Known to within 2 percentage points after {took:,} rallies." in told(result)
    assert took % 256 == 0
    assert took < 11_196  # the worst case
    assert record["intervals"] == "sequential"
    assert record["command"].endswith(
        f"--precision 2pp --quantity crews.11.retired --quantity crews.12.retired -n {took} --seed 2026 --engine array"
    )
    retired = json.loads(file.read_text())["crews"][0]["retired"]
    assert max(retired["value"] - retired["low"], retired["high"] - retired["value"]) <= 0.02


def test_a_study_for_a_precision_ends_at_the_same_rally_for_two_workers_and_after_a_stop(tmp_path: Path) -> None:
    words = ("odds", MARATHON, "--precision", "3pp", "--quantity", "crews.11.retired")
    alone = numbers(*words, json_file=tmp_path / "a.json")
    assert numbers(*words, "--workers", 2, json_file=tmp_path / "b.json") == alone
    study = tmp_path / "study"
    rally(*words, "-n", 1000, "--study", study)
    assert numbers(*words, "--study", study, json_file=tmp_path / "c.json") == alone
    assert numbers("odds", MARATHON, "--study", study, json_file=tmp_path / "d.json") == alone


@pytest.mark.parametrize("words", [(), ("-n", 500)])
def test_a_study_for_a_precision_that_was_killed_has_no_length_until_it_goes_on(
    tmp_path: Path, words: tuple[object, ...]
) -> None:
    study, precise = tmp_path / "study", ("--precision", "3pp", "--quantity", "crews.11.retired")
    expected = numbers("odds", MARATHON, *precise, "--study", study, json_file=tmp_path / "a.json")
    manifest = json.loads((study / "study.json").read_text())
    (study / "study.json").write_text(json.dumps({**manifest, "ranges": [[0, 0]]}))
    result = rally("odds", MARATHON, *words, "--study", study)
    assert result.exit_code == 2
    assert "was begun for a precision and stopped on the way: go on with its --precision" in told(result)
    assert numbers("odds", MARATHON, *precise, "--study", study, json_file=tmp_path / "b.json") == expected


IN_A_TERMINAL = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever starts the tests may have set it to be ignored
from sim.cli import main
main()
"""


@contextmanager
def two_workers(*words: object) -> Iterator[subprocess.Popen[bytes]]:
    """The command with two workers, in a group of processes of its own."""
    line = [sys.executable, "-c", IN_A_TERMINAL, *map(str, words), "--workers", "2"]
    started = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield started
    finally:
        if not is_empty(started.pid):
            os.killpg(started.pid, signal.SIGKILL)


def is_empty(group: int) -> bool:
    """Is no process of the group left?"""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def wait_for(what: Callable[[], bool]) -> None:
    """Wait up to a minute."""
    for _ in range(600):
        if what():
            return
        time.sleep(0.1)
    pytest.fail("waited in vain")


@pytest.mark.parametrize("signals", [(signal.SIGINT,), (signal.SIGINT, signal.SIGINT), (signal.SIGKILL,)])
def test_no_process_outlives_a_study_that_was_stopped_or_killed(tmp_path: Path, signals: tuple[int, ...]) -> None:
    study = tmp_path / "study"
    with two_workers("odds", MARATHON, "-n", 100_000_000, "--study", study) as started:
        wait_for(lambda: any((study / "blocks").glob("*.block")))
        for one in signals:
            if one == signal.SIGINT:  # a terminal sends it to all of them
                os.killpg(started.pid, one)
            else:
                started.send_signal(one)
            time.sleep(0.05)
        wait_for(lambda: started.poll() is not None)
        wait_for(lambda: is_empty(started.pid))


def test_a_precision_that_is_not_reached_in_so_many_rallies_is_told() -> None:
    result = rally("odds", MARATHON, "--precision", "2pp", "-n", 500)
    assert result.exit_code == 3
    assert "Crews: odds in percent" in result.stdout
    assert "After 500 rallies not yet known to within 2 percentage points: crews." in told(result)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--precision", "0.01pp"], "takes 397,221,426 rallies for odds of 1 in 2, and at most 20,000,000"),
        (["--precision", "0.2"], "as in 0.2pp; got '0.2'"),
        (["--precision", "1pp", "--quantity", "crews.11.victory"], "unknown quantity 'crews.11.victory'"),
        (["--precision", "1pp", "--quantity", "crews.11.total_s"], "for probabilities, not for crews.11.total_s"),
        (["--precision", ""], "as in 0.2pp; got ''"),
        (["--quantity", "crews.11.win"], "give --precision with it"),
        (["-n", "1e6"], "a whole number is needed, as in 1000, got '1e6'"),
        (["--executor", "steam"], "'steam' is not one of 'processes', 'dask', 'mpi'"),
        (["--workers", 0], "0 is not in the range x>=1"),
        (["-n", 0], "0 is not in the range x>=1"),
        (["-n", 2, "--first", 2**32 - 1], "these go to 4,294,967,296"),
        (["--first", 2**32 - 6], "these go to 4,295,007,289"),
        (["--first", 2**32 - 6, "--precision", "1pp"], "these go to 4,294,996,356"),
        (["--first", 2**32 - 6, "--precision", "1pp", "-n", 7], "these go to 4,294,967,296"),
        (["--scheduler", "tcp://10.0.0.1:8786"], "give --executor dask with it"),
        (["--executor", "dask", "--scheduler", "tcp://10.0.0.1:8786", "--workers", 2], "the cluster says how many"),
        (["--extend", 5], "say which with --study DIR"),
        (["--extend", 5, "--study", "new"], "there is no study in new to extend"),
        (["--extend", 5, "--study", "new", "-n", 7], "leave out -n and --precision"),
    ],
)
def test_what_cannot_be_is_refused(words: Sequence[object], message: str) -> None:
    result = rally("odds", MARATHON, *words)
    assert result.exit_code == 2
    assert message in told(result)


@pytest.mark.parametrize(
    ("scenario", "words", "message"),
    [
        (ONE_STAGE, [], "it has scenario 'Three crews, one marathon', not 'One crew, one stage'"),
        (MARATHON, ["--seed", 5], "it has seed 2026, not 5"),
        (MARATHON, ["--engine", "event"], "it has engine array, not event"),
        (MARATHON, ["--first", 9], "it has first replication 0, not 9"),
        (MARATHON, ["-n", 9], "is one of 20 rallies, not 9"),
    ],
)
def test_the_folder_of_another_study_is_refused(
    tmp_path: Path, scenario: Path, words: Sequence[object], message: str
) -> None:
    rally("odds", MARATHON, "-n", 20, "--study", tmp_path / "study")
    result = rally("odds", scenario, "--study", tmp_path / "study", *words)
    assert result.exit_code == 2
    assert message in told(result)


@pytest.mark.parametrize("words", [("--extend", 3), ("--precision", "1pp"), ("--precision", "1pp", "-n", 5)])
def test_a_stored_study_does_not_grow_past_the_last_rally(tmp_path: Path, words: Sequence[object]) -> None:
    study = tmp_path / "study"
    begun = rally("odds", MARATHON, "-n", 2, "--first", 2**32 - 4, "--study", study)
    assert begun.exit_code == 0
    before = (study / "study.json").read_bytes()
    result = rally("odds", MARATHON, "--study", study, *words)
    assert result.exit_code == 2
    assert "rallies have the indices 0 to 4,294,967,295, and these go to" in told(result)
    assert (study / "study.json").read_bytes() == before
    assert rally("odds", MARATHON, "--study", study, "--extend", 2).exit_code == 0
    assert rally("odds", MARATHON, "--study", study, "--first", 2**32 - 4).exit_code == 0


def test_the_recorded_command_of_a_precision_that_began_with_a_stored_study_simulates_the_same_rallies(
    tmp_path: Path,
) -> None:
    words = (MARATHON, "--precision", "25pp", "--quantity", "crews.11.retired")
    study, file = tmp_path / "study", tmp_path / "a.json"
    stored = rally("odds", MARATHON, "-n", 700, "--study", study)
    assert stored.exit_code == 0
    assert rally("odds", *words, "--study", study, "--json", file).exit_code == 0
    document = json.loads(file.read_text())
    record = document.pop("record")
    assert record["replications"] == 700
    again = tmp_path / "again.json"
    assert numbers(*shlex.split(record["command"])[1:], json_file=again) == document


def test_merged_shards_are_recorded_with_the_versions_that_computed_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shards, versions = [tmp_path / name for name in "ab"], {"rally-endurance": "0.0.9", "numpy": "1.0"}
    with monkeypatch.context() as patch:
        for module in ("blocks", "run", "store"):
            patch.setattr(f"sim.study.{module}.computing_versions", lambda: versions)
        for shard, first in zip(shards, (0, 20), strict=True):
            assert rally("odds", MARATHON, "-n", 20, "--first", first, "--study", shard).exit_code == 0
    file = tmp_path / "m.json"
    assert rally("merge", *shards, "--json", file).exit_code == 0
    assert json.loads(file.read_text())["record"]["versions"] == versions


def test_shards_are_not_merged_into_a_study_that_is_there(tmp_path: Path) -> None:
    shard, whole = tmp_path / "shard", tmp_path / "whole"
    rally("odds", MARATHON, "-n", 20, "--study", shard)
    assert rally("merge", shard, "--study", whole).exit_code == 0
    result = rally("merge", shard, "--study", whole)
    assert result.exit_code == 2
    assert f"there is a study in {whole} already" in told(result)


def test_an_interrupted_merge_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shard, whole, words = tmp_path / "shard", tmp_path / "whole", ("-n", 1000, "--seed", 5)
    expected = numbers("odds", MARATHON, *words, "--study", shard, json_file=tmp_path / "a.json")
    save = Store.save

    def full(store: Store, result: Any) -> None:
        if result.block.first == 512:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(store, result)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "save", full)
        assert rally("merge", shard, "--study", whole).exit_code == 3
    assert numbers("merge", shard, "--study", whole, json_file=tmp_path / "b.json") == expected
    assert numbers("odds", MARATHON, *words, "--study", whole, json_file=tmp_path / "c.json") == expected


def test_want_of_memory_is_told_and_what_was_finished_is_shown_and_kept(
    tmp_path: Path, whole: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished, study = blocks.run_block, tmp_path / "study"

    def greedy(plan: Any, luck: Any, first: int, count: int) -> Any:
        if first == 512:
            raise MemoryError
        return finished(plan, luck, first, count)

    with monkeypatch.context() as patch:
        patch.setattr(blocks, "run_block", greedy)
        result = rally("odds", MARATHON, "-n", 1000, "--study", study)
    assert result.exit_code == 3
    assert "not enough memory: fewer workers need less: these are the first 512 of 1,000 rallies." in told(result)
    assert numbers("odds", MARATHON, "--study", study, json_file=tmp_path / "b.json") == whole


def test_shards_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    def shard(name: str, *words: object, scenario: Path = MARATHON) -> Path:
        assert rally("odds", scenario, "--study", tmp_path / name, *words).exit_code in {0, 3}
        return tmp_path / name

    base = shard("base", "-n", 20)
    other_version = shard("version", "-n", 20, "--first", 20)
    manifest = other_version / "study.json"
    versions = json.loads(manifest.read_text())["versions"]
    manifest.write_text(manifest.read_text().replace(f'"numpy": "{versions["numpy"]}"', '"numpy": "1.0"'))
    unfinished = shard("unfinished", "-n", 20, "--first", 20)
    (unfinished / "blocks/0000000020-20.block").unlink()
    for second, message in [
        (shard("scenario", "-n", 20, scenario=ONE_STAGE), "'One crew, one stage', not 'Three crews, one marathon'"),
        (shard("seed", "-n", 20, "--seed", 5), "it has seed 5, not 2026"),
        (other_version, f"version numpy 1.0, not {versions['numpy']}"),
        (shard("overlap", "-n", 20, "--first", 10), "replication 10 is in both"),
        (shard("gap", "-n", 20, "--first", 30), "replications 20 to 29 are missing between"),
        (shard("precise", "-n", 20, "--first", 20, "--precision", "1pp"), "was run for a precision"),
        (unfinished, "a block is missing: replications 20 to 39"),
        (tmp_path / "nowhere", "is not a study"),
    ]:
        result = rally("merge", base, second)
        assert result.exit_code == 2
        assert message in told(result)


def test_the_extra_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, module in (("dask", "distributed"), ("mpi", "mpi4py")):
        monkeypatch.setitem(sys.modules, module, None)
        result = rally("odds", MARATHON, "--executor", kind)
        assert result.exit_code == 2
        assert f"pip install --editable '.[{kind}]' in the project's folder" in told(result)


def test_mpi_gives_the_same_digits(tmp_path: Path) -> None:
    pytest.importorskip("mpi4py")
    mpiexec = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if mpiexec is None:
        pytest.skip("there is no mpiexec")
    files = [tmp_path / "mpi.json", tmp_path / "alone.json"]
    words = ["odds", str(MARATHON), "-n", "20000", "--json"]
    command = [sys.executable, "-m", "sim", *words]
    subprocess.run([mpiexec, "-n", "3", *command, files[0], "--executor", "mpi"], check=True, capture_output=True)
    subprocess.run([*command, files[1]], check=True, capture_output=True)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_mpi_without_workers_is_refused() -> None:
    pytest.importorskip("mpi4py")
    command = [sys.executable, "-m", "sim", "odds", str(MARATHON), "--executor", "mpi"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "mpiexec -n 3 rally odds ... has two workers" in result.stderr


# Parameters that are drawn


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """The marathon with the pace of a crew and a life drawn."""
    file = tmp_path / "drawn.toml"
    file.write_text(f'extends = "{MARATHON}"\nparameters = "fit.json"\n', encoding="utf-8")
    write_draws(tmp_path / "fit.json", "a fit", [[0.1, 9000], [-0.2, 3000]])
    return file


def write_draws(file: Path, name: str, draws: list[list[float]]) -> None:
    names = ["crews.11.pace", "modes.alternator_belt.scale_km"]
    file.write_text(json.dumps({"format": "rally-parameters/1", "name": name, "names": names, "draws": draws}))


def test_neither_workers_nor_engine_nor_an_interruption_move_a_draw(tmp_path: Path, drawn: Path) -> None:
    one = numbers("odds", drawn, "-n", 600, json_file=tmp_path / "one.json")
    assert numbers("odds", drawn, "-n", 600, "--workers", 2, json_file=tmp_path / "two.json") == one
    study = tmp_path / "study"
    rally("odds", drawn, "-n", 300, "--study", study)
    assert numbers("odds", drawn, "--study", study, "--extend", 300, json_file=tmp_path / "more.json") == one


def test_a_record_says_what_was_made_of_the_parameters_and_its_command_does_it_again(
    tmp_path: Path, drawn: Path
) -> None:
    for use, words in (("drawn", "drawn from a fit, 2 draws"), ("point", "point values of a fit")):
        file, again = tmp_path / "odds.json", tmp_path / "again.json"
        assert rally("odds", drawn, "-n", 50, "--parameters", use, "--json", file).exit_code == 0
        record = json.loads(file.read_text())["record"]
        assert record["parameters"] == words
        assert rally(*shlex.split(record["command"])[1:], "--json", again).exit_code == 0
        assert again.read_bytes() == file.read_bytes()


def test_point_values_are_other_odds_than_draws(tmp_path: Path, drawn: Path) -> None:
    odds = [
        numbers("odds", drawn, "-n", 300, "--parameters", use, json_file=tmp_path / "odds.json")
        for use in ("drawn", "point")
    ]
    assert odds[0] != odds[1]


def test_point_values_of_a_scenario_without_parameters_change_nothing(tmp_path: Path) -> None:
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    assert rally("odds", MARATHON, "-n", 50, "--json", files[0]).exit_code == 0
    assert rally("odds", MARATHON, "-n", 50, "--parameters", "point", "--json", files[1]).exit_code == 0
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_study_of_draws_is_none_of_point_values(tmp_path: Path, drawn: Path) -> None:
    rally("odds", drawn, "-n", 50, "--study", tmp_path / "study")
    other = rally("odds", drawn, "--study", tmp_path / "study", "--parameters", "point")
    assert other.exit_code == 2
    assert "parameters drawn from a fit, 2 draws, not point values of a fit" in told(other)


def test_a_study_of_draws_is_none_of_other_draws(tmp_path: Path, drawn: Path) -> None:
    rally("odds", drawn, "-n", 50, "--study", tmp_path / "study")
    write_draws(tmp_path / "fit.json", "a better fit", [[0.0, 3000]])
    other = rally("odds", drawn, "--study", tmp_path / "study")
    assert other.exit_code == 2
    assert "parameters drawn from a fit, 2 draws, not drawn from a better fit, 1 draw" in told(other)


def test_shards_are_put_together_with_their_draws(tmp_path: Path, drawn: Path) -> None:
    whole = numbers("odds", drawn, "-n", 600, json_file=tmp_path / "whole.json")
    for first in (0, 300):
        rally("odds", drawn, "-n", 300, "--first", first, "--study", tmp_path / f"shard{first}")
    drawn.unlink()
    shards = [tmp_path / "shard0", tmp_path / "shard300"]
    next((shards[0] / "blocks").iterdir()).write_bytes(b"damaged")
    assert numbers("merge", *shards, "--study", tmp_path / "both", json_file=tmp_path / "merged.json") == whole
    assert (tmp_path / "both" / "parameters.json").read_bytes() == (shards[0] / "parameters.json").read_bytes()


@pytest.mark.parametrize("damage", [b"", b"{}"])
def test_damaged_draws_of_a_study_that_goes_on_are_told_and_written_again(
    damage: bytes, tmp_path: Path, drawn: Path
) -> None:
    rally("odds", drawn, "-n", 50, "--study", tmp_path / "study")
    stored = tmp_path / "study" / "parameters.json"
    right = stored.read_bytes()
    stored.write_bytes(damage)
    result = rally("odds", drawn, "--study", tmp_path / "study")
    assert result.exit_code == 0
    assert "parameters.json is damaged: it is written again" in told(result)
    assert stored.read_bytes() == right


@pytest.mark.parametrize("damage", ["", "other draws"])
def test_a_shard_whose_draws_are_damaged_is_refused(damage: str, tmp_path: Path, drawn: Path) -> None:
    rally("odds", drawn, "-n", 50, "--study", tmp_path / "shard")
    stored = tmp_path / "shard" / "parameters.json"
    if damage:
        write_draws(stored, "a fit", [[0.0, 3000]])
    else:
        stored.unlink()
    result = rally("merge", tmp_path / "shard")
    assert result.exit_code == 2
    assert "parameters.json is damaged" in told(result)


@pytest.mark.parametrize("command", ["replay", "twins", "explain"])
def test_every_command_that_runs_a_scenario_takes_draws_or_point_values(command: str, drawn: Path) -> None:
    more = ("-n", 3) if command == "twins" else ()
    outputs = [rally(command, drawn, *more, "--parameters", use) for use in ("drawn", "point")]
    assert [result.exit_code for result in outputs] == [0, 0]
    assert outputs[0].output != outputs[1].output
    if command == "twins":
        assert "parameters drawn from a fit, 2 draws" in " ".join(outputs[0].output.split())
