"""One rally in JSON."""

from __future__ import annotations

import json

import pytest

from sim.engine.replay import Replay
from sim.report.story import replay_json
from sim.study.record import Record
from tests.support.rallies import calendar, happens, rally, run

RECORD = Record(
    "crafted", "crafted.toml", "ab12", "", 1, 0, 1, "event", "", "rally replay crafted.toml", {"python": "3.11"}
)


@pytest.fixture(scope="module")
def race() -> Replay:
    """Two cars on two stages: car 1 mends its arm on the first and cannot be mended on the second."""
    script = [happens("1", "arm", 40), happens("1", "arm", 50, "strand", stage="2")]
    return run(
        rally({"1": {"spares": {"arm": 1}}, "2": {}}, stages=calendar({}, {"finish": "Harbour"}), happenings=script)
    )


def test_the_json_form_is_the_documented_one(race: Replay) -> None:
    tree = replay_json(race, RECORD)
    assert list(tree) == ["schema", "record", "crews", "journal"]
    assert (tree["schema"], tree["record"]) == ("rally-replay/1", RECORD.as_json())
    assert tree["crews"][0] == {
        "car": "1",
        "status": "rejoined",
        "total_s": 64_800,
        "rank": 2,
        "penalty_s": 36_000,
        "stages": [
            {"stage": "1", "seconds": 7200, "penalty_s": 0, "completed": True, "position": 2},
            {"stage": "2", "seconds": 21_600, "penalty_s": 36_000, "completed": False, "position": None},
        ],
    }


def test_the_journal_in_json_tells_every_entry_with_clock_and_words(race: Replay) -> None:
    journal = replay_json(race, RECORD)["journal"]
    assert len(journal) == len(race.journal)
    assert [entry for entry in journal if entry["kind"] == "repair"] == [
        {
            "time_s": 38_400,
            "clock": "2030-01-01 10:40:00",
            "stage": "1",
            "car": "1",
            "km": 40.0,
            "kind": "repair",
            "detail": "arm: the crew mends it in 20 min, goes on at 11:00:00",
        }
    ]


def test_a_retired_crew_has_no_rank_and_only_the_stages_it_was_in() -> None:
    race = run(rally(["1", "2"], stages=calendar({}, {}), happenings=[happens("1", "arm", 40, "wreck")]))
    crew = replay_json(race, RECORD)["crews"][0]
    assert (crew["status"], crew["rank"], [stage["stage"] for stage in crew["stages"]]) == ("retired", None, ["1"])


def test_the_json_form_holds_plain_types_only(race: Replay) -> None:
    tree = replay_json(race, RECORD)
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree
