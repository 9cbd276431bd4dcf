"""Files of parameter draws: what they may hold, what they do to a scenario, and what wins."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.model.plan import Plan, compile_plan
from sim.model.scenario import Scenario, ScenarioError, load
from sim.model.spec import Severity

BASE = Path(__file__).parents[1] / "conformance" / "valid" / "base.toml"
ARM = "modes.arm.severity"

Loaded = Callable[..., Scenario]


def content(**columns: list[Any]) -> dict[str, Any]:
    """A file with these columns; a name is written with __ for a point."""
    names = [name.replace("__", ".") for name in columns]
    return document(dict(zip(names, columns.values(), strict=True)))


def document(columns: dict[str, list[Any]]) -> dict[str, Any]:
    draws = [list(row) for row in zip(*columns.values(), strict=True)]
    return {"format": "rally-parameters/1", "name": "a fit", "names": list(columns), "draws": draws}


@pytest.fixture
def drawing(tmp_path: Path) -> Loaded:
    """Load a scenario that extends the base and draws from a file, or one that extends that with some changes."""

    def build(file: object, changes: str = "", use: Any = "drawn", *, above: str = "") -> Scenario:
        text = file if isinstance(file, str) else json.dumps(file)
        (tmp_path / "base.toml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")
        (tmp_path / "fit.json").write_text(text, encoding="utf-8")
        drawn = f'extends = "base.toml"\nparameters = "fit.json"\n{above}'
        (tmp_path / "drawn.toml").write_text(drawn, encoding="utf-8")
        child = tmp_path / "child.toml"
        child.write_text(f'extends = "drawn.toml"\n{changes}', encoding="utf-8")
        return load(child if changes else tmp_path / "drawn.toml", use)

    return build


def refused(drawing: Loaded, file: object, *more: str) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        drawing(file, *more)
    return [str(finding).removeprefix("parameters fit.json") for finding in error.value.findings]


def names(scenario: Scenario) -> tuple[str, ...]:
    assert scenario.parameters is not None
    return scenario.parameters.names


THREE = content(crews__7__pace=[0.1, 0.2, 0.4], recovery__hours=[3, 9, 5])
SHARES = document({f"{ARM}.limp": [0.2, 0.5, 0.6], f"{ARM}.halt": [0.8, 0.5, 0.4]})


# What it does to a scenario


def test_what_is_drawn_stands_in_the_rally_with_its_median(drawing: Loaded) -> None:
    rally = drawing(THREE).rally
    assert (rally.crews["7"].pace, rally.recovery.hours) == (0.2, 5.0)


def test_a_rally_says_what_it_is_drawn_from(drawing: Loaded) -> None:
    assert drawing(THREE).rally.parameters_summary == "drawn from a fit, 3 draws"
    assert drawing(THREE, use="point").rally.parameters_summary == "point values of a fit"
    assert load(BASE).rally.parameters_summary == ""


def test_the_plan_has_every_draw(drawing: Loaded) -> None:
    drawn = drawing(THREE).plan().drawn
    assert drawn.recovery_s.tolist() == [10_800.0, 32_400.0, 18_000.0]
    assert drawn.pace[:, 1].tolist() == [[0.1, 0.0], [0.2, 0.0], [0.4, 0.0]]
    assert drawn.stage_sd.tolist() == [0.03, 0.03, 0.03]


def test_point_values_are_the_medians_and_nothing_is_drawn(drawing: Loaded) -> None:
    scenario = drawing(THREE, use="point")
    assert scenario.parameters is None
    assert scenario.plan().drawn.recovery_s.tolist() == [18_000.0]


def test_the_point_value_of_a_severity_adds_up_to_1(drawing: Loaded) -> None:
    skewed = document({f"{ARM}.limp": [0.2, 0.5, 0.1], f"{ARM}.halt": [0.8, 0.4, 0.1], f"{ARM}.wreck": [0, 0.1, 0.8]})
    assert drawing(skewed).rally.modes["arm"].severity.shares() == pytest.approx((0, 2 / 7, 4 / 7, 0, 1 / 7), abs=1e-15)


def test_shares_of_which_no_median_is_left_have_their_means(drawing: Loaded) -> None:
    torn = document({f"{ARM}.limp": [1, 0, 0], f"{ARM}.halt": [0, 1, 0], f"{ARM}.wreck": [0, 0, 1]})
    assert drawing(torn).rally.modes["arm"].severity.shares() == pytest.approx((0, 1 / 3, 1 / 3, 0, 1 / 3), abs=1e-15)


def test_shares_without_a_column_are_0_where_others_have_one(drawing: Loaded) -> None:
    assert drawing(SHARES).rally.modes["arm"].severity == Severity(limp=0.5, halt=0.5)


def test_shares_end_at_exactly_1_in_every_draw(drawing: Loaded) -> None:
    built = drawing(document({f"{ARM}.limp": [0.3, 0.9999995], f"{ARM}.wreck": [0.7, 0]})).plan()
    arm = built.modes.index("arm")
    assert built.drawn.severity[:, arm].tolist() == [[0, 0.3, 0.3, 0.3, 1], [0, 1, 1, 1, 1]]


STATE = 'state = { after_stage = "1", crews = { 7 = { total_s = 9000 }, 11 = { total_s = 9100 } } }'


def test_totals_are_rounded_to_whole_seconds(drawing: Loaded) -> None:
    scenario = drawing(document({"state.crews.7.total_s": [8000.5, 8001.5, 8009]}), above=STATE)
    assert scenario.plan().drawn.total_s.tolist() == [[8000, 9100], [8002, 9100], [8009, 9100]]
    assert scenario.rally.state is not None
    assert scenario.rally.state.crews["7"].total_s == 8002


def test_a_deterministic_run_is_at_the_point_values(drawing: Loaded) -> None:
    scenario = drawing(THREE, 'script.unscripted = "median"')
    assert (scenario.parameters, scenario.rally.parameters_summary) == (None, "point values of a fit")


def test_a_scenario_without_parameters_is_the_same_with_point_values() -> None:
    assert load(BASE, "point").plan().digest == load(BASE).plan().digest


def test_a_file_is_found_from_the_folder_of_the_file_that_names_it(drawing: Loaded, tmp_path: Path) -> None:
    drawing(THREE)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "child.toml").write_text('extends = "../drawn.toml"', encoding="utf-8")
    assert len(names(load(tmp_path / "deep" / "child.toml"))) == 2


def test_a_source_text_covers_what_stands_below_its_path(drawing: Loaded) -> None:
    file = {**THREE, "sources": {"crews": "from the fit", "recovery.hours": "from elsewhere"}}
    sources = drawing(file).sources
    assert (sources["crews.7.pace"].text, sources["recovery.hours"].text) == ("from the fit", "from elsewhere")
    assert sources["recovery.hours"].file.name == "fit.json"


def test_shares_without_a_column_have_no_source_either(drawing: Loaded) -> None:
    sources = drawing(SHARES).sources
    assert sorted(path for path in sources if path.startswith(ARM)) == [f"{ARM}.halt", f"{ARM}.limp"]


# What wins


def test_what_the_file_that_names_the_draws_says_itself_is_replaced(drawing: Loaded) -> None:
    assert drawing(THREE, above="crews.7.pace = 0.9").rally.crews["7"].pace == 0.2


def test_what_a_file_further_down_says_wins_and_is_not_drawn(drawing: Loaded) -> None:
    scenario = drawing(THREE, "crews.7.pace = 0.9")
    assert scenario.rally.crews["7"].pace == 0.9
    assert names(scenario) == ("recovery.hours",)


def test_one_share_that_is_set_fixes_the_severity_and_leaves_other_modes_alone(drawing: Loaded) -> None:
    file = document({f"{ARM}.limp": [0.2, 0.8], f"{ARM}.halt": [0.8, 0.2], "modes.arm.scale_km": [10, 20]})
    scenario = drawing(file, f"{ARM} = {{ limp = 0.1, halt = 0.4, strand = 0.5 }}")
    assert scenario.rally.modes["arm"].severity == Severity(limp=0.1, halt=0.4, strand=0.5)
    assert names(scenario) == ("modes.arm.scale_km",)


def test_shares_that_are_not_set_beside_one_that_is_stay_at_their_medians(drawing: Loaded) -> None:
    scenario = drawing(content(**{f"{ARM}.limp": [0.2, 0.4], f"{ARM}.halt": [0.8, 0.6]}), f"{ARM}.wreck = 0.0")
    assert scenario.rally.modes["arm"].severity.shares() == pytest.approx((0, 0.3, 0.7, 0, 0), abs=1e-15)
    assert scenario.sources[f"{ARM}.limp"].file.name == "fit.json"
    assert scenario.parameters is None


def test_shares_that_do_not_add_up_with_the_medians_are_all_told(drawing: Loaded) -> None:
    with pytest.raises(ScenarioError) as error:
        drawing(content(**{f"{ARM}.limp": [0.2, 0.4], f"{ARM}.halt": [0.8, 0.6]}), f"{ARM}.wreck = 0.05")
    assert [str(finding) for finding in error.value.findings] == [
        "modes.arm.severity: the shares must add up to 1, they add up to 1.05: limp 0.3, halt 0.7, wreck 0.05; a file "
        "that sets one share of a drawn severity keeps the others at their medians: set them too"
    ]


def test_a_value_that_is_taken_away_further_down_is_not_drawn(drawing: Loaded) -> None:
    scenario = drawing(THREE, 'without = ["recovery.hours"]\nrecovery.hours = 7')
    assert names(scenario) == ("crews.7.pace",)


def test_nothing_of_a_table_that_is_taken_away_is_drawn_even_if_it_comes_back(drawing: Loaded) -> None:
    again = 'without = ["crews.7"]\n[crews.7]\ndriver = "X"\nteam = "north"'
    scenario = drawing(THREE, again)
    assert (names(scenario), scenario.rally.crews["7"].pace) == (("recovery.hours",), 0.0)


def test_a_table_that_is_only_named_is_still_drawn(drawing: Loaded) -> None:
    assert "crews.7.pace" in names(drawing(THREE, "crews.7 = {}"))


def test_a_scenario_in_which_everything_is_fixed_draws_nothing(drawing: Loaded) -> None:
    scenario = drawing(THREE, "crews.7.pace = 0.9\nrecovery.hours = 1")
    assert (scenario.parameters, scenario.plan().drawn.recovery_s.tolist()) == (None, [3600.0])


def test_without_parameters_it_is_the_scenario_as_it_is_written(drawing: Loaded) -> None:
    scenario = drawing(THREE, 'without = ["parameters"]')
    assert (scenario.parameters, scenario.rally.crews["7"].pace, scenario.rally.recovery.hours) == (None, 0.0, 6.0)


def test_parameters_of_a_file_further_down_replace_the_others(drawing: Loaded, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(json.dumps(content(crews__11__pace=[0.5])), encoding="utf-8")
    scenario = drawing(THREE, 'parameters = "other.json"')
    assert (names(scenario), scenario.rally.crews["7"].pace) == (("crews.11.pace",), 0.0)


# The digest, and what belongs together


@pytest.mark.parametrize(
    "other",
    [
        content(crews__7__pace=[0.1, 0.2, 0.5], recovery__hours=[3, 9, 5]),
        content(crews__11__pace=[0.1, 0.2, 0.4], recovery__hours=[3, 9, 5]),
        {**THREE, "draws": THREE["draws"][::-1]},
    ],
    ids=["a number", "a name", "the order"],
)
def test_other_draws_are_another_digest(other: dict[str, Any], drawing: Loaded) -> None:
    assert drawing(other).plan().digest != drawing(THREE).plan().digest


def test_drawn_values_and_point_values_have_different_digests(drawing: Loaded) -> None:
    assert drawing(THREE).plan().digest != drawing(THREE, use="point").plan().digest


def test_a_rally_is_only_compiled_with_its_own_draws(drawing: Loaded) -> None:
    def refuse(compiled: Callable[[], Plan]) -> bool:
        with pytest.raises(ValueError, match="belongs to draws with the digest"):
            compiled()
        return True

    three, shares = drawing(THREE), drawing(SHARES)
    assert refuse(lambda: compile_plan(three.rally))
    assert refuse(lambda: compile_plan(three.rally, shares.parameters))
    assert refuse(lambda: compile_plan(load(BASE).rally, three.parameters))


def test_a_uniform_picks_each_draw_with_the_same_chance(drawing: Loaded) -> None:
    drawn = drawing(THREE).plan().drawn
    assert drawn.index(np.array([2**-33, 0.333, 0.334, 0.666, 0.667, 1 - 2**-33])).tolist() == [0, 0, 1, 1, 2, 2]


def test_the_document_of_draws_is_a_file_of_the_same_draws(drawing: Loaded) -> None:
    first = drawing({**THREE, "sources": {"crews": "from the fit"}}).parameters
    assert first is not None
    second = drawing(first.document()).parameters
    assert second is not None
    assert (second.sha256, second.sources) == (first.sha256, {"crews": "from the fit"})


# What is refused


@pytest.mark.parametrize(
    ("file", "findings"),
    [
        ("{", [": is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"]),
        ("[]", [": must hold an object of the form rally-parameters/1, got a list"]),
        (
            {**THREE, "format": "rally-parameters/2"},
            [", format: must be 'rally-parameters/1', got 'rally-parameters/2'"],
        ),
        ({**THREE, "name": ""}, [", name: must have at least 1 character, got ''"]),
        ({**THREE, "nmes": []}, [", nmes: unknown key 'nmes'; did you mean 'names' or 'name'?"]),
        ({**THREE, "record": 1}, [", record: must be a table, got 1.0"]),
        (
            {**THREE, "names": [], "draws": []},
            [", names: must have at least 1 entry", ", draws: must have at least 1 entry"],
        ),
        ({**THREE, "names": ["crews.7.pace", 2]}, [", names[1]: must be a text in quotation marks, got 2.0"]),
        (
            content(crews__8__pace=[0]),
            [
                ", names[0]: no value 'crews.8.pace' of this scenario can be drawn; did you mean 'crews.7.pace' or "
                "'crews.11.pace'?"
            ],
        ),
        (
            content(modes__arm__shape=[2]),
            [
                ", names[0]: no value 'modes.arm.shape' of this scenario can be drawn; did you mean "
                "'modes.arm.scale_km' or 'modes.arm.severity.halt'?"
            ],
        ),
        (
            {**THREE, "names": ["recovery.hours"] * 2},
            [", names[0]: 'recovery.hours' is there 2 times: a parameter has one column"],
        ),
        ({**THREE, "draws": [[0, 1], [0]]}, [", draws[1]: must hold 2 numbers, one for each name, got 1 of them"]),
        ({**THREE, "draws": [[0, 1], 2]}, [", draws[1]: must be a list of 2 numbers, one for each name, got 2.0"]),
        ({**THREE, "draws": [[0, 1], [0, "2"]]}, [", draws[1]: must hold numbers only, got '2'"]),
        ({**THREE, "draws": [[0, 1], [0, True]]}, [", draws[1]: must hold numbers only, got true"]),
        (content(recovery__hours=[1, float("nan")]), [", draws[1], recovery.hours: must be a finite number, got nan"]),
        (content(recovery__hours=[1, 10**400]), [", draws[1], recovery.hours: must be a finite number, got inf"]),
        (content(recovery__hours=[1, 0, -2]), [", draws[1], recovery.hours: must be > 0, got 0.0"]),
        (content(crews__7__consistency=[1, -2]), [", draws[1], crews.7.consistency: must be >= 0, got -2.0"]),
        (content(modes__arm__crew_repair=[1, 1.5]), [", draws[1], modes.arm.crew_repair: must be <= 1, got 1.5"]),
        (content(recovery__hours=[1, 8760, 8761]), [", draws[2], recovery.hours: must be <= 8760, got 8761.0"]),
        (content(modes__arm__limp_factor=[1, 0.5]), [", draws[1], modes.arm.limp_factor: must be >= 1, got 0.5"]),
        (
            document({f"{ARM}.limp": [0.5, 0.5, 0.5], f"{ARM}.halt": [0.5, 0.6, 0.4]}),
            [", draws[1], modes.arm.severity: the shares must add up to 1, they add up to 1.1"],
        ),
        (
            {**THREE, "sources": {"recovery.h": "x"}},
            [", sources.recovery.h: is the source of a value that is not drawn here; did you mean 'recovery.hours'?"],
        ),
    ],
)
def test_a_file_of_draws_is_refused_with_what_is_wrong(file: object, findings: list[str], drawing: Loaded) -> None:
    assert refused(drawing, file) == findings


def test_a_name_that_nothing_is_near_is_told_all_that_may_be_drawn(drawing: Loaded) -> None:
    (finding,) = refused(drawing, content(x=[1]))
    assert finding.startswith(", names[0]: no value 'x' of this scenario can be drawn; there may be crews.*.pace, ")


def test_totals_are_drawn_only_in_mid_rally_and_not_below_0(drawing: Loaded) -> None:
    file = document({"state.crews.7.total_s": [-0.4, -0.6]})
    assert "no value 'state.crews.7.total_s' of this scenario" in refused(drawing, file)[0]
    with pytest.raises(ScenarioError, match=r"state\.crews\.7\.total_s: must be >= 0, got -0\.6"):
        drawing(file, above=STATE)


def test_everything_wrong_with_draws_and_scenario_is_told_at_once(drawing: Loaded) -> None:
    file = content(crews__7__pce=[0, 1], recovery__hours=[0, 0], modes__arm__scale_km=[-1, 1])
    found = refused(drawing, file, "crews.11.consistency = -1")
    assert [finding.partition(":")[0] for finding in found] == [
        "crews.11.consistency", ", names[0]", ", draws[0], recovery.hours", ", draws[0], modes.arm.scale_km"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "finding"),
    [
        ('"no.json"', "parameters: there is no file 'no.json', seen from the folder of child.toml"),
        ("1", "parameters: must be the name of a file, got 1"),
        ('{ name = "x" }', "parameters: must be the name of a file, got a table"),
    ],
)
def test_what_is_no_file_of_draws_is_refused(given: str, finding: str, drawing: Loaded) -> None:
    assert refused(drawing, THREE, f"parameters = {given}") == [finding]


def test_a_file_that_is_not_text_is_refused(drawing: Loaded, tmp_path: Path) -> None:
    drawing(THREE)
    (tmp_path / "fit.json").write_bytes(b"\xff\xff")
    with pytest.raises(ScenarioError, match=r"parameters fit\.json: is not UTF-8 text"):
        load(tmp_path / "drawn.toml")
