"""The folder of scenario files: what is valid must load, what is invalid must be refused for the reasons it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.model.scenario import ScenarioError, load

HERE = Path(__file__).parent
VALID = sorted((HERE / "valid").glob("*.toml"))
INVALID = sorted((HERE / "invalid").glob("*.toml"))
MARK = "# refused: "


def expected(file: Path) -> list[str]:
    """The findings that the first lines of an invalid file name."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]


def findings(file: Path) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        load(file)
    return [str(finding) for finding in refused.value.findings]


def test_no_file_of_the_folder_is_lost():
    assert len(VALID) >= 10
    assert len(INVALID) >= 137


@pytest.mark.parametrize("file", VALID, ids=lambda file: file.stem)
def test_a_valid_file_becomes_a_plan(file):
    scenario = load(file)
    assert len(scenario.plan().crews) == len(scenario.rally.crews)


@pytest.mark.parametrize("file", INVALID, ids=lambda file: file.stem)
def test_an_invalid_file_is_refused_with_exactly_the_findings_it_names(file):
    assert expected(file) != []
    assert findings(file) == expected(file)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert findings(tmp_path / "nothing.toml") == ["cannot be read: No such file or directory"]


def test_a_folder_is_refused(tmp_path):
    assert findings(tmp_path) == ["cannot be read: Is a directory"]


def test_the_whole_message_names_the_file_and_counts_the_errors():
    file = HERE / "invalid" / "choice-unknown.toml"
    with pytest.raises(ScenarioError) as refused:
        load(file)
    assert str(refused.value) == (
        f"{file}: 1 error\n  stages.1.night: must be 'bivouac', 'refuge', 'rest_day' or 'finish', got 'camp'"
    )


def test_an_error_in_the_text_of_a_base_names_the_base():
    with pytest.raises(ScenarioError) as refused:
        load(HERE / "invalid" / "extends-what-is-not-toml.toml")
    assert refused.value.file == HERE / "invalid" / "not-toml.toml"
