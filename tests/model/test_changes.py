"""Changes on the command line and factors in files, as if one more file extended the scenario."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.model.changes import Changes
from sim.model.findings import ScenarioError
from sim.model.scenario import Scenario, load

ROOT = Path(__file__).parents[2]
MARATHON = ROOT / "scenarios" / "examples" / "three-crews-marathon.toml"
DRAWN = ["modes.puncture.scale_km", "modes.puncture.crew_repair", "crews.11.pace"]


def changed(*settings: str, without: tuple[str, ...] = (), file: Path = MARATHON) -> Scenario:
    return load(file, changes=Changes(settings, without))


@pytest.fixture
def with_draws(tmp_path):
    """The scenario with draws of three values."""
    document = {
        "format": "rally-parameters/1",
        "name": "two draws",
        "sources": {"modes": "fitted"},
        "names": DRAWN,
        "draws": [[1000.0, 0.5, 0.0], [3000.0, 0.9, 0.02]],
    }
    (tmp_path / "draws.json").write_text(json.dumps(document), encoding="utf-8")
    return write(tmp_path, "drawn.toml", f'extends = "{MARATHON}"\nparameters = "draws.json"\n')


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def findings(*settings: str, without: tuple[str, ...] = (), file: Path = MARATHON) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        changed(*settings, without=without, file=file)
    return [str(finding) for finding in refused.value.findings]


def test_a_setting_sets_a_value():
    assert changed("modes.puncture.scale_km=1234").rally.modes["puncture"].scale_km == 1234


def test_a_bare_word_is_a_text():
    team = next(iter(load(MARATHON).rally.teams))
    assert changed(f"teams.{team}.help.policy=never").rally.teams[team].help.policy == "never"


def test_a_table_can_be_set_inline():
    team = next(iter(load(MARATHON).rally.teams))
    truck = "{ start_delay_min = 30, speed_kmh = 50, runs = 1 }"
    assert "T9" in changed(f"teams.{team}.trucks.T9={truck}").rally.teams[team].trucks


def test_a_value_with_a_default_can_be_set():
    assert changed("crews.11.orders.withdraw_wait_min=45").rally.crews["11"].orders.withdraw_wait_min == 45


def test_a_new_name_in_a_table_of_values_can_be_set():
    assert changed("crews.11.spares.knuckle=1").rally.crews["11"].spares["knuckle"] == 1


def test_later_settings_win():
    assert changed("modes.puncture.scale_km=1", "modes.puncture.scale_km=2").rally.modes["puncture"].scale_km == 2


def test_a_factor_multiplies_what_stands_there():
    before = load(MARATHON).rally.modes["puncture"].scale_km
    assert changed("modes.puncture.scale_km*=1.5").rally.modes["puncture"].scale_km == 1.5 * before


def test_a_whole_number_stays_whole_if_it_can():
    assert (
        changed("crews.11.spares.puncture=2", "crews.11.spares.puncture*=1.5").rally.crews["11"].spares["puncture"] == 3
    )


def test_a_path_can_be_removed():
    assert "puncture" not in changed(without=("crews.11.spares.puncture",)).rally.crews["11"].spares


def test_settings_come_after_removals():
    scenario = changed("crews.11.spares.puncture=5", without=("crews.11.spares",))
    assert scenario.rally.crews["11"].spares == {"puncture": 5}


def test_a_factor_multiplies_each_draw(with_draws):
    scenario = changed("modes.puncture.scale_km*=1.5", file=with_draws)
    assert scenario.parameters is not None
    assert scenario.parameters.columns()["modes.puncture.scale_km"].tolist() == [1500.0, 4500.0]
    assert scenario.rally.modes["puncture"].scale_km == 3000.0
    assert scenario.rally.parameters_summary == "drawn from two draws, 2 draws; modes.puncture.scale_km times 1.5"


def test_factors_of_several_files_multiply_each_other(with_draws):
    middle = write(with_draws.parent, "middle.toml", 'extends = "drawn.toml"\nfactors.modes.puncture.scale_km = 2\n')
    scenario = changed("modes.puncture.scale_km*=1.5", file=middle)
    assert scenario.parameters is not None
    assert scenario.parameters.columns()["modes.puncture.scale_km"].tolist() == [3000.0, 9000.0]


def test_a_value_that_is_set_is_not_drawn_and_said_to_be(with_draws):
    scenario = changed("modes.puncture.scale_km=5000", "modes.puncture.scale_km*=2", file=with_draws)
    assert scenario.parameters is not None
    assert "modes.puncture.scale_km" not in scenario.parameters.names
    assert scenario.rally.modes["puncture"].scale_km == 10000
    assert scenario.rally.parameters_summary == "drawn from two draws, 2 draws; modes.puncture.scale_km as set"


def test_a_value_that_is_set_forgets_an_earlier_factor(with_draws):
    scenario = changed("modes.puncture.scale_km*=2", "modes.puncture.scale_km=5000", file=with_draws)
    assert scenario.rally.modes["puncture"].scale_km == 5000
    assert scenario.rally.parameters is not None
    assert scenario.rally.parameters.factors == {}


def test_the_source_of_a_factor_is_kept(tmp_path):
    text = f'extends = "{MARATHON}"\n[factors.modes.puncture]\nscale_km = 2\nsource = "assumed: a better tyre"\n'
    source = load(write(tmp_path, "what-if.toml", text)).sources["modes.puncture.scale_km"]
    assert source.text == "assumed: a better tyre; times 2"
    assert source.assumed


def test_the_source_of_what_is_drawn_and_multiplied_names_both(with_draws):
    source = changed("modes.puncture.scale_km*=1.5", file=with_draws).sources["modes.puncture.scale_km"]
    assert source.text == "times 1.5; of a value fitted"


def test_what_the_files_say_of_drawn_values_is_kept(with_draws):
    written = load(with_draws).written
    assert written == {"modes.puncture.scale_km": 300, "modes.puncture.crew_repair": 0.98, "crews.11.pace": 0.0}


def test_a_factor_that_takes_a_draw_out_of_its_bounds_is_refused(with_draws):
    told = "factors.modes.puncture.crew_repair: must be <= 1; times 1.5 a draw is 1.35"
    assert told in findings("modes.puncture.crew_repair*=1.5", file=with_draws)


@pytest.mark.parametrize(
    ("setting", "finding"),
    [
        (
            "modes.punctur.scale_km=9",
            "--set modes.punctur.scale_km=9: unknown key 'punctur'; did you mean 'puncture'?",
        ),
        (
            "modes.puncture.scale=9",
            "--set modes.puncture.scale=9: unknown key 'scale'; did you mean 'scale_km' or 'shape'?",
        ),
        ("9", "--set 9: must be path=value or path*=factor, say modes.puncture.scale_km=9000"),
        (
            "stages.1.special_km.x=9",
            "--set stages.1.special_km.x=9: special_km is no table but 220.0: set it as a whole",
        ),
        ("modes.puncture.scale_km=fast", "modes.puncture.scale_km: must be a number, got 'fast'"),
        ("modes.puncture.scale_km*=-1", "factors.modes.puncture.scale_km: must be a number > 0, got -1"),
        (
            "modes.puncture.severity.delay*=2",
            "factors.modes.puncture.severity.delay: is a share of a severity, which add up to 1: set them all instead",
        ),
        ("modes.puncture.label*=2", "factors.modes.puncture.label: multiplies what is not a number: 'puncture'"),
    ],
)
def test_a_wrong_setting_is_refused(setting, finding):
    assert finding in findings(setting)


def test_all_wrong_changes_are_told_at_once():
    assert len(findings("modes.punctur.scale_km=9", "crews.9.pace=1", without=("stages.99",))) == 3


def test_the_words_of_changes_make_them_again():
    changes = Changes(("a.b=1", "c*=2"), ("d",))
    assert changes.words() == ["--without", "d", "--set", "a.b=1", "--set", "c*=2"]
