"""Inheritance and sources of scenario files; what is refused stands in tests/conformance."""

from contextlib import suppress

import pytest

from sim.model.scenario import ScenarioError, Source, load


def write(folder, **texts):
    """Write files by name and return the path of the last one."""
    for name, text in texts.items():
        file = folder / f"{name}.toml"
        file.write_text(text, encoding="utf-8")
    return file


def test_what_a_child_does_not_say_is_as_in_its_base(scenario):
    assert scenario().rally.stages["2"].nominal_s == 7200


def test_a_child_changes_single_values_of_a_table(scenario):
    crew = scenario("crews.7.pace = 0.05").rally.crews["7"]
    assert (crew.pace, crew.driver) == (0.05, "A. First")


def test_a_child_adds_tables(scenario):
    rally = scenario('[crews.12]\ndriver = "C. Third"\nteam = "north"').rally
    assert list(rally.crews) == ["7", "11", "12"]


def test_a_list_of_the_child_replaces_the_list_of_the_base(scenario):
    points = scenario("stages.2.service_points = [{ km = 30, minutes = 5 }]").rally.stages["2"].service_points
    assert [(point.km, point.minutes) for point in points] == [(30, 5)]


def test_without_removes_a_value_of_the_base(scenario):
    assert scenario('without = ["stages.2.nominal_s"]').rally.stages["2"].nominal_s is None


def test_without_removes_a_whole_table_of_the_base(scenario):
    assert list(scenario('without = ["crews.7"]').rally.crews) == ["11"]


def test_what_is_removed_may_be_given_anew(scenario):
    rally = scenario('without = ["modes.arm.severity"]\nmodes.arm.severity.wreck = 1').rally
    assert rally.modes["arm"].severity.shares() == (0, 0, 0, 0, 1)


def test_a_base_may_have_a_base(tmp_path):
    file = write(
        tmp_path, a='name = "a"\ndescription = "a"', b='extends = "a.toml"\nname = "b"', c='extends = "b.toml"'
    )
    with pytest.raises(ScenarioError) as refused:
        load(file)
    assert [finding.path for finding in refused.value.findings][:2] == ["format", "driving"]


def test_a_base_is_found_from_the_folder_of_the_child(scenario, tmp_path):
    scenario()
    (tmp_path / "deep").mkdir()
    file = write(tmp_path / "deep", child='extends = "../base.toml"\nname = "child"')
    assert load(file).rally.name == "child"


def test_two_children_may_share_a_base_of_one_name(scenario, tmp_path):
    scenario()
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep", base='extends = "../base.toml"\nname = "the base of the folder"')
    assert load(write(tmp_path / "deep", child='extends = "base.toml"')).rally.name == "the base of the folder"


def test_a_source_covers_its_table_and_the_tables_below(scenario):
    sources = scenario('[crews.7]\nsource = "[A]"\npace = 0.01\norders.pace.1 = 1.01').sources
    assert sources["crews.7.pace"].text == "[A]"
    assert sources["crews.7.orders.pace.1"].text == "[A]"


def test_a_source_covers_nothing_outside_its_table(scenario):
    sources = scenario('crews.7.source = "[A]"\ncrews.7.pace = 0.01\ncrews.11.pace = 0.02').sources
    assert sources["crews.11.pace"].text == ""


def test_the_nearest_source_wins(scenario):
    sources = scenario("""
        source = "[A]"
        name = "x"
        crews.7.source = "[B]"
        crews.7.pace = 0.01
        crews.7.consistency = 0.02
        crews.7.sources.consistency = "[C]"
        """).sources
    assert [sources[key].text for key in ("name", "crews.7.pace", "crews.7.consistency")] == ["[A]", "[B]", "[C]"]


def test_one_source_may_be_given_for_a_table(scenario):
    sources = scenario('modes.arm.severity = { limp = 0.5 }\nmodes.arm.sources.severity = "[A]"').sources
    assert sources["modes.arm.severity.limp"].text == "[A]"


def test_a_source_may_be_given_deeper_in_the_table(scenario):
    sources = scenario('modes.arm.severity = { limp = 0.5 }\nmodes.arm.sources.severity.limp = "[A]"').sources
    assert sources["modes.arm.severity.limp"].text == "[A]"


def test_a_value_of_the_base_keeps_the_source_that_the_base_gives(scenario, tmp_path):
    source = scenario('source = "[A]"\nname = "x"').sources["stages.1.special_km"]
    assert source == Source("assumed: a fixture", tmp_path / "base.toml")


def test_a_value_that_a_child_sets_loses_the_source_of_the_base(scenario, tmp_path):
    source = scenario("stages.1.start_gap_s = 60").sources["stages.1.start_gap_s"]
    assert source == Source("", tmp_path / "variant.toml")


def test_a_value_that_is_removed_has_no_source(scenario):
    sources = scenario('without = ["crews.7"]').sources
    assert not any(path == "crews.7" or path.startswith("crews.7.") for path in sources)
    assert "crews.11.team" in sources


def test_removing_a_name_keeps_the_sources_of_longer_names(scenario):
    sources = scenario('without = ["crews.7"]\n[crews.70]\ndriver = "C. Third"\nteam = "north"').sources
    assert "crews.70.driver" in sources


def test_every_value_that_a_file_sets_has_an_entry(scenario):
    sources = scenario('crews.7.vehicle = "truck"\ncrews.7.marathon_spares = {}').sources
    assert {"crews.7.vehicle", "crews.7.marathon_spares", "crews.7.spares.puncture", "stages.1.sections"} <= set(
        sources
    )
    assert "crews.7" not in sources


def test_sources_are_no_values(scenario):
    assert not any("source" in path for path in scenario('source = "[A]"\nname = "x"\nsources.name = "[B]"').sources)


@pytest.mark.parametrize(
    ("text", "assumed"), [("assumed: a guess", True), ("assumed", True), ("[A] page 3", False), ("", False)]
)
def test_a_text_that_begins_with_assumed_marks_an_assumption(text, assumed, scenario):
    source = scenario(f'[crews.7]\npace = 0.01\nsources.pace = "{text}"').sources["crews.7.pace"]
    assert source.assumed is assumed


def test_a_whole_number_stands_for_a_number(scenario):
    speed = scenario("terrains.sand.speed_kmh = 70").rally.terrains["sand"].speed_kmh
    assert isinstance(speed, float)
    assert speed == 70.0


def test_the_rally_cannot_be_changed(scenario):
    with pytest.raises(ValueError, match="frozen"):
        scenario().rally.crews["7"].pace = 1.0


LITERALS = [
    "-1",
    "0",
    "1",
    "1.5",
    "nan",
    "inf",
    '""',
    '"x"',
    "true",
    "[]",
    "[1]",
    "[{}]",
    "{}",
    "{x = 1}",
    "2030-01-05",
]
PLACES = [
    "format", "name", "source", "sources", "without", "extends", "driving", "driving.stage_sd", "fatigue.bedtime",
    "regulations.jokers", "terrains", "terrains.sand", "wear.wheel", "wear.wheel.terrain", "stages", "stages.1",
    "stages.1.date", "stages.1.special_km", "stages.1.first_start", "stages.1.start_gap_s", "stages.1.night",
    "stages.1.sections", "stages.1.service_points", "modes", "modes.arm", "modes.arm.replaced", "modes.arm.severity",
    "modes.arm.severity.limp", "modes.arm.secondary", "modes.arm.secondary.puncture", "teams", "teams.north",
    "teams.north.trucks", "teams.north.trucks.T1", "teams.north.trucks.T1.avoids", "teams.north.trucks.T1.avoids.1",
    "teams.north.help", "teams.north.formation", "crews", "crews.7", "crews.7.team", "crews.7.spares",
    "crews.7.spares.arm", "crews.7.orders", "crews.7.orders.pace", "crews.7.orders.rules", "script",
    "script.driving_s", "script.driving_s.7", "script.happenings", "script.happenings.x", "script.penalties.x",
    "state", "state.crews", "state.crews.7",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_whatever_stands_in_a_file_it_becomes_a_plan_or_is_refused(place, scenario, tmp_path):
    scenario()
    for literal in LITERALS:
        changes = f"{place} = {literal}" if place == "extends" else f'extends = "base.toml"\n{place} = {literal}'
        file = write(tmp_path, odd=changes)
        with suppress(ScenarioError):
            load(file).plan()
