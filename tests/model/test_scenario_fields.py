"""docs/scenario-fields.md says what the types of a scenario say."""

from __future__ import annotations

from sim.model.spec import CrewState, Happening, Mode, PaceRule, Spec, Stage
from tests.support.scenario_fields import PAGE, default, kind, page


def field(table: type[Spec], name: str) -> tuple[str, str]:
    info = table.model_fields[name]
    return kind(info.annotation, info.metadata), default(info)


def test_the_page_is_that_of_the_types() -> None:
    told = PAGE.read_text(encoding="utf-8")
    assert told == page(), "the types have changed: python -m tests.support.scenario_fields writes the page"


def test_every_field_says_what_it_means() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    assert [row for row in rows if row.endswith("|  |")] == []
    assert len(rows) > 100


def test_bounds_say_which_ends_are_closed() -> None:
    assert field(Mode, "scale_km") == ("number > 0", "")
    assert field(Mode, "delay_min") == ("number >= 0", "0")
    assert field(Mode, "missed_waypoint") == ("number 0 to 1", "0")
    assert field(Mode, "field_life") == ("number above 0 to 1", "1")
    assert field(PaceRule, "pace") == ("number 0.5 to 2", "")


def test_a_value_of_several_kinds_is_told_all_of_them() -> None:
    assert field(Mode, "replaced") == ('`"every_night"`, `"rest_day"`, `"never"` or whole number >= 1', "")
    assert field(Stage, "nominal_s") == ("whole number > 0", "none")
    assert field(CrewState, "wear_km") == ("number >= 0, by name", "none")
    assert field(Happening, "car") == ("car", "")
