"""State files: what they say, how they are laid over a scenario, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.model.changes import NO_CHANGES, Changes
from sim.model.evening import evenings_in, read_evening
from sim.model.findings import ScenarioError
from sim.model.scenario import Scenario, load
from tests.model.conftest import BASE

HEAD = 'format = "rally-state/1"\nafter_stage = "1"\n'
TWO = "[crews.7]\ntotal_s = 9000\n[crews.11]\ntotal_s = 9100\n"

Evening = Callable[..., Scenario]


@pytest.fixture
def evening(tmp_path: Path) -> Evening:
    """The base of the conformance files, or what extends it, on the evening that a text tells of."""

    def build(
        text: str, kind: str = "toml", after: str | None = None, changes: str = "", settings: Changes = NO_CHANGES
    ) -> Scenario:
        state, variant = tmp_path / f"state.{kind}", tmp_path / "variant.toml"
        state.write_text(text, encoding="utf-8")
        variant.write_text(f'extends = "{BASE.as_posix()}"\n{changes}', encoding="utf-8")
        return load(variant, changes=settings, evening=read_evening(state, after))

    return build


def refused(evening: Evening, text: str, **options: Any) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        evening(text, **options)
    assert error.value.file.name.startswith(("state", "variant"))
    return [str(finding) for finding in error.value.findings]


def crew(scenario: Scenario, car: str) -> Any:
    assert scenario.rally.state is not None
    return scenario.rally.state.crews[car]


def drawing(folder: Path, **columns: list[float]) -> str:
    """Write draws of parameters; their names have two underscores for a dot."""
    names = [name.replace("__", ".") for name in columns]
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    document = {"format": "rally-parameters/1", "name": "that evening", "names": names, "draws": rows}
    (folder / "draws.json").write_text(json.dumps(document), encoding="utf-8")
    return 'parameters = "draws.json"\n'


def test_a_state_file_is_the_state_of_the_scenario(evening):
    text = HEAD + TWO + 'uncompleted = ["1"]\nstart_position = 1\ndamage = ["arm"]\nrenewed.puncture.stage = "1"'
    scenario = evening(text)
    assert scenario.rally.state.after_stage == "1"
    assert (crew(scenario, "7").total_s, crew(scenario, "11").uncompleted) == (9000, ["1"])
    assert crew(scenario, "11").renewed["puncture"].stage == "1"


def test_times_are_seconds_or_hours_minutes_and_seconds(evening):
    text = HEAD + '[crews.7]\ntotal_s = "12:30:01"\npenalty_s = "0:15:00"\n[crews.11]\ntotal_s = 7'
    known = crew(evening(text), "7")
    assert (known.total_s, known.penalty_s) == (45001, 900)


def test_results_that_are_no_table_are_refused(evening):
    text = HEAD + "[crews.7]\ntotal_s = 9000\nstage_s = 5\n[crews.11]\ntotal_s = 9100\n"
    assert refused(evening, text) == ["crews.7.stage_s: must be a table of times by stage, got 5"]


def test_a_table_says_what_the_same_state_in_toml_says(evening):
    rows = [
        "car,total_s,penalty_s,uncompleted,retired,start_position,damage,spares.arm,renewed.arm.stage,renewed.arm.km",
        "7,2:30:00,60,1,false,1,arm puncture,0,1,12.5",
        "",
        "11,9100,,,true,,,,,",
    ]
    toml = """
        [crews.7]
        total_s = 9000
        penalty_s = 60
        uncompleted = ["1"]
        start_position = 1
        damage = ["arm", "puncture"]
        spares.arm = 0
        renewed.arm = { stage = "1", km = 12.5 }
        [crews.11]
        total_s = 9100
        retired = true
        """
    assert evening("\n".join(rows), kind="csv", after="1").rally == evening(HEAD + toml).rally


def test_a_total_that_is_not_told_is_the_sum_of_results_and_penalties(evening):
    text = HEAD + '[crews.7]\nstage_s.1 = "2:00:00"\npenalty_s = 60\n[crews.11]\ntotal_s = 9100'
    assert crew(evening(text), "7").total_s == 7260


def test_a_state_takes_the_place_of_the_one_that_the_scenario_has(evening):
    old = '[state]\nafter_stage = "1"\n[state.crews.7]\ntotal_s = 1\ndamage = ["arm"]\n[state.crews.11]\ntotal_s = 1'
    known = crew(evening(HEAD + TWO, changes=old), "7")
    assert (known.total_s, known.damage) == (9000, [])


def test_of_a_crew_that_is_out_no_total_is_needed(evening):
    assert crew(evening(HEAD + "[crews.7]\nretired = true\n[crews.11]\ntotal_s = 1"), "7").total_s == 0


def test_what_is_known_of_the_days_to_come_is_laid_over_the_scenario(evening):
    text = HEAD + TWO + '[ahead.stages.2]\nfirst_start = "10:15"\nsource = "[A] an hour later"'
    scenario = evening(text)
    assert scenario.rally.stages["2"].first_start == "10:15"
    assert scenario.sources["stages.2.first_start"].text == "[A] an hour later"


def test_values_of_a_state_have_their_sources(evening):
    text = HEAD + 'source = "[A]"\n' + TWO + 'sources.total_s = "[B]"'
    sources = evening(text).sources
    assert (sources["state.crews.7.total_s"].text, sources["state.crews.11.total_s"].text) == ("[A]", "[B]")


def test_a_total_that_is_not_known_is_drawn_and_one_that_is_known_is_not(evening, tmp_path):
    draws = drawing(tmp_path, state__crews__7__total_s=[8000, 8200], state__crews__11__total_s=[9000, 9200])
    scenario = evening(HEAD + draws + "[crews.7]\n[crews.11]\ntotal_s = 9100")
    assert scenario.plan().drawn.total_s.tolist() == [[8000, 9100], [8200, 9100]]


def test_draws_of_an_evening_take_the_place_of_those_of_the_scenario(evening, tmp_path):
    old = {"format": "rally-parameters/1", "name": "old", "names": ["recovery.hours"], "draws": [[4.0], [5.0]]}
    (tmp_path / "old.json").write_text(json.dumps(old), encoding="utf-8")
    draws = drawing(tmp_path, crews__7__pace=[0.1, 0.2])
    scenario = evening(HEAD + draws + TWO, changes='parameters = "old.json"')
    assert scenario.parameters is not None
    assert scenario.parameters.names == ("crews.7.pace",)
    assert scenario.rally.recovery.hours == 6


def test_what_files_and_changes_have_set_is_not_drawn_on_an_evening_either(evening, tmp_path):
    old = {"format": "rally-parameters/1", "name": "old", "names": ["crews.7.pace"], "draws": [[0.3], [0.5]]}
    (tmp_path / "old.json").write_text(json.dumps(old), encoding="utf-8")
    (tmp_path / "base.toml").write_text(f'extends = "{BASE.as_posix()}"\nparameters = "old.json"', encoding="utf-8")
    (tmp_path / "what-if.toml").write_text('extends = "base.toml"\ncrews.7.pace = 0.07', encoding="utf-8")
    draws = drawing(tmp_path, crews__7__pace=[0.1, 0.2], crews__11__pace=[0.1, 0.2], recovery__hours=[4, 5])
    (tmp_path / "state.toml").write_text(HEAD + draws + TWO, encoding="utf-8")
    changes = Changes(("crews.11.pace=0.08",))
    scenario = load(tmp_path / "what-if.toml", changes=changes, evening=read_evening(tmp_path / "state.toml"))
    assert scenario.parameters is not None
    assert scenario.parameters.names == ("recovery.hours",)
    assert (scenario.rally.crews["7"].pace, scenario.rally.crews["11"].pace) == (0.07, 0.08)


def test_a_change_may_change_what_is_known_of_an_evening(evening):
    assert crew(evening(HEAD + TWO, changes=""), "7").total_s == 9000
    changed = evening(HEAD + TWO, settings=Changes(("state.crews.7.total_s=8000",)))
    assert (crew(changed, "7").total_s, crew(changed, "11").total_s) == (8000, 9100)


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        (
            '[crews.7]\ntotal_s = "2:30:00"\nstage_s.1 = 8940\n[crews.11]\ntotal_s = 9100',
            [
                "crews.7.total_s: disagrees with the results of car 7: it is 2:30:00, the specials and penalties "
                "add up to 2:29:00"
            ],
        ),
        (
            "[crews.7]\ntotal_s = 9000\npenalty_s = 60\nstage_s.1 = 9000\n[crews.11]\ntotal_s = 9100",
            [
                "crews.7.total_s: disagrees with the results of car 7: it is 2:30:00, the specials and penalties "
                "add up to 2:31:00"
            ],
        ),
        (
            TWO + "stage_s = { 2 = 100, 5 = 1 }",
            [
                "crews.11.stage_s: must be of stages that are over and count, got '2'",
                "crews.11.stage_s: unknown stage '5'; known: 1, 2",
            ],
        ),
        (
            "[crews.7]\ntotal_s = 9000\n[crews.12]\ntotal_s = 9100",
            [
                "crews: unknown crew '12'; known: 7, 11",
                "crews.11: is missing: every crew needs a state",
            ],
        ),
        (
            '[crews.7]\ntotal_s = "2:3:00"\n[crews.11]\ntotal_s = -5',
            [
                "crews.7.total_s: must be whole seconds >= 0 or a text \"h:mm:ss\", got '2:3:00'",
                'crews.11.total_s: must be whole seconds >= 0 or a text "h:mm:ss", got -5',
            ],
        ),
        (
            "[crews.7]\n[crews.11]\ntotal_s = 1",
            ["crews.7.total_s: is missing: give it, or name parameter draws that have it"],
        ),
        (
            TWO + 'uncompleted = ["2"]\ndamage = ["arms"]\nstart_position = 0',
            [
                "crews.11.start_position: must be >= 1, got 0",
                "crews.11.uncompleted: must name stages that are over, got '2'",
                "crews.11.damage: unknown mode 'arms'; did you mean 'arm'?",
            ],
        ),
        (
            "[crews.7]\ntotal_s = 1\nstart_position = 2\n[crews.11]\ntotal_s = 1\nstart_position = 2",
            ["crews.11.start_position: is that of car 7 too, got 2"],
        ),
        (
            TWO + 'wear_km.arm = 5\nrenewed.arm = { stage = "1", km = 101 }',
            [
                "crews.11.renewed.arm.km: must lie on the special, km 0 to 100, got 101",
                "crews.11.renewed.arm: says how old the part is, and so does wear_km: one of them is enough",
            ],
        ),
        (TWO + 'renewed.arm.stage = "2"', ["crews.11.renewed.arm.stage: must name stages that are over, got '2'"]),
        (TWO + "totals = 5", ["crews.11.totals: unknown key 'totals'; did you mean 'total_s'?"]),
        (TWO + 'sources.damage = "[A]"', ["crews.11.sources.damage: is the source of a value that is not set here"]),
    ],
)
def test_a_state_that_cannot_be_is_refused_with_everything_that_is_wrong(evening, text, findings):
    found = refused(evening, HEAD + text)
    assert [any(one.startswith(finding) for one in found) for finding in findings] == [True] * len(findings), found
    assert len(found) == len(findings), found


def test_a_total_below_the_results_that_are_given_is_refused(evening):
    stages = 'after_stage = "2"\n'
    text = (
        'format = "rally-state/1"\n' + stages + "[crews.7]\ntotal_s = 9000\nstage_s.1 = 9001\n[crews.11]\ntotal_s = 1"
    )
    assert refused(evening, text) == [
        "crews.7.total_s: disagrees with the results of car 7: it is 2:30:00, the specials and penalties given here "
        "alone add up to 2:30:01"
    ]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ('format = "rally-state/2"\nafter_stage = "1"\n' + TWO, "format: must be 'rally-state/1', got 'rally-state/2'"),
        ('format = "rally-state/1"\n' + TWO, "after_stage: is missing"),
        (HEAD + "aftr = 1\n" + TWO, "aftr: unknown key 'aftr'"),
        (HEAD.replace('"1"', '"9"') + TWO, "after_stage: unknown stage '9'; known: 1, 2"),
        (HEAD + 'parameters = "none.json"\n' + TWO, "parameters: there is no file 'none.json'"),
    ],
)
def test_a_file_that_is_no_state_of_this_rally_is_refused(evening, text, finding):
    assert refused(evening, text)[0].startswith(finding)


def test_an_evening_other_than_the_one_asked_for_is_refused(evening):
    assert refused(evening, HEAD + TWO, after="2") == [
        "after_stage: must be the stage that was asked for, '2', got '1'"
    ]


def test_draws_without_a_total_that_is_not_known_are_not_enough(evening, tmp_path):
    draws = drawing(tmp_path, crews__7__pace=[0.1, 0.2])
    assert refused(evening, HEAD + draws + "[crews.7]\n[crews.11]\ntotal_s = 1") == [
        "state.crews.7.total_s: is missing: give it, or name parameter draws that have it"
    ]


@pytest.mark.parametrize(
    ("table", "findings"),
    [
        ("total_s\n1", ["needs a column 'car', got total_s"]),
        ("", ["needs a column 'car', got nothing"]),
        (
            "car,totals,spares,renewed.arm,total_s,total_s\n7,1,1,1,1,1\n11,1,1,1,1,1",
            [
                "unknown column 'totals'; did you mean 'total_s'?",
                "has a column 'spares', which must be called like 'spares.puncture'",
                "has a column 'renewed.arm', which must be called like 'renewed.knuckle.stage'",
                "has the column 'total_s' 2 times",
            ],
        ),
        ("car,total_s\n7,1\n7,2\n11,1,5\n11,1", ["row 3 is that of car '7' again", "row 4 must have 2 cells"]),
        (
            "car,total_s,start_position\n7,1,first\n11,1,2",
            ["crews.7.start_position: must be a whole number, got 'first'"],
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_everything_that_is_wrong(evening, table, findings):
    found = refused(evening, table, kind="csv", after="1")
    assert [one.startswith(finding) for one, finding in zip(found, findings, strict=True)] == [True] * len(found), found


def test_a_table_does_not_know_its_evening(evening):
    assert refused(evening, "car,total_s\n7,1\n11,1", kind="csv") == [
        "does not say on which evening it is: give its stage, --after K"
    ]


def test_a_scenario_names_the_folder_of_its_evenings(evening, tmp_path):
    (tmp_path / "nights").mkdir()
    (tmp_path / "nights/one.toml").write_text(HEAD + 'note = "it rained"\n' + TWO, encoding="utf-8")
    folder = evening(HEAD + TWO, changes='evenings = "nights"').evenings
    assert [(stage, one.note) for stage, one in evenings_in(folder).items()] == [("1", "it rained")]


def test_a_folder_of_evenings_that_is_not_there_is_refused(evening):
    assert refused(evening, HEAD + TWO, changes='evenings = "nights"') == [
        "evenings: must be a folder, seen from that of variant.toml, got 'nights'"
    ]


def test_one_evening_cannot_be_told_twice(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(HEAD + TWO, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"b\.toml: 1 error\n  after_stage: is that of a\.toml too, got '1'"):
        evenings_in(tmp_path)
