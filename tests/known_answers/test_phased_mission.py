"""K4: a mission in phases, over grounds that wear differently, with damage that is repaired at night.

A roll-over has constant hazard and wrecks the car, an arm has a Weibull life and makes it limp until the bivouac has
mended it. If the arm is new every night, phases are independent and the chance of a rally without either is

    product over phases i of exp(-u_i / s) exp(-(w_i / a) ** b)

with the wear-kilometres u_i of the roll-over and w_i of the arm. If the arm is new only after it broke, then the chance
f_j to limp in phase j follows from the same survival function S by the last repair before it:

    f_j = sum over i <= j of r_i (S(w_i + ... + w_{j-1}) - S(w_i + ... + w_j)),   r_1 = 1, r_{j+1} = f_j

Both are the rule of total probability, worked out by hand; the second is a renewal equation in whole phases.
"""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np
import pytest
from scipy import stats

from sim.engine.outcomes import Outcomes
from sim.model.arrays import BoolArray
from tests.support import verdict
from tests.support.rallies import Tree, calendar, rally
from tests.support.samples import sample, sizes
from tests.support.verdict import Verdict

Sections = tuple[tuple[str, int], ...]

PHASES: tuple[Sections, ...] = (
    (("sand", 60), ("stones", 40)),
    (("stones", 120),),
    (("gravel", 80), ("sand", 40), ("gravel", 30)),
    (("sand", 90),),
)
"""Ground and km of the sections of four specials."""

WEAR = {"arm": {"sand": 0.5, "stones": 2.0, "gravel": 1.0}, "roll-over": {"sand": 2.0, "stones": 0.0, "gravel": 1.0}}
SPEED_KMH = {"sand": 45.0, "stones": 30.0, "gravel": 90.0}
ARM_KM, ARM_SHAPE, ROLL_OVER_KM, LIMP = 300.0, 2.0, 600.0, 1.25


def mission(*, replaced: str, shape: float = ARM_SHAPE, mended_at_night: bool = True, rolls: bool = True) -> Tree:
    """One crew in four phases; an arm that the bivouac cannot mend overnight takes two days."""
    arm = {
        "wear": "arm",
        "scale_km": ARM_KM,
        "shape": shape,
        "replaced": replaced,
        "severity": {"limp": 1},
        "limp_factor": LIMP,
        "job_hours": 1 if mended_at_night else 48,
    }
    roll_over = {"wear": "roll-over", "scale_km": ROLL_OVER_KM, "shape": 1, "severity": {"wreck": 1}}
    ground = {
        "terrains": {name: {"speed_kmh": speed} for name, speed in SPEED_KMH.items()},
        "wear": {mode: {"liaison": 0, "terrain": factors} for mode, factors in WEAR.items()},
    }
    modes = {"arm": arm, **({"roll-over": roll_over} if rolls else {})}
    return rally(["1"], stages=calendar(*map(phase, PHASES)), modes=modes, drawn=True) | ground


def phase(sections: Sections) -> Tree:
    ends = list(accumulate(km for _, km in sections))
    spans = zip([0, *ends], ends, sections, strict=False)
    return {
        "special_km": ends[-1],
        "sections": [{"from_km": start, "to_km": end, "terrain": ground} for start, end, (ground, _) in spans],
    }


def wear_km(mode: str) -> list[float]:
    """Wear-kilometres of a mode in each phase."""
    return [sum(km * WEAR[mode][ground] for ground, km in sections) for sections in PHASES]


def limps(outcomes: Outcomes) -> BoolArray:
    """Was a phase slower than the ground allows, shape (n, 4)?"""
    clean_s = [sum(km * 3600 / SPEED_KMH[ground] for ground, km in sections) for sections in PHASES]
    return np.asarray(outcomes.stage_s[:, 0] > np.rint(clean_s))


def judge_clean_rallies(outcomes: Outcomes) -> Verdict:
    """Neither wrecked nor ever limping: 0.165069."""
    rolls, breaks = stats.expon(scale=ROLL_OVER_KM), stats.weibull_min(ARM_SHAPE, scale=ARM_KM)
    chance = float((rolls.sf(wear_km("roll-over")) * breaks.sf(wear_km("arm"))).prod())
    assert chance == pytest.approx(0.165069, abs=1e-6)
    clean = outcomes.classified[:, 0] & ~limps(outcomes).any(axis=1)
    return verdict.of_share("P(rally without failure)", clean, chance)


def chances_to_limp() -> list[float]:
    """By phase, of an arm that is new only after it broke: f_j of the formula above."""
    life, worn = stats.weibull_min(ARM_SHAPE, scale=ARM_KM), list(accumulate(wear_km("arm"), initial=0.0))
    new, chances = [1.0], list[float]()
    for begin, end in pairwise(worn):
        ages = [(r, begin - fitted, end - fitted) for r, fitted in zip(new, worn, strict=False)]
        chances.append(float(sum(r * (life.sf(young) - life.sf(old)) for r, young, old in ages)))
        new.append(chances[-1])
    return chances


def judge_limping(outcomes: Outcomes) -> list[Verdict]:
    slow = limps(outcomes)
    return [
        verdict.of_share(f"P(limps in phase {j + 1})", slow[:, j], chance) for j, chance in enumerate(chances_to_limp())
    ]


@pytest.mark.parametrize("size", sizes(20_000, 1_000_000))
def test_the_chance_of_a_rally_without_failure_is_the_product_over_phases(size: int) -> None:
    judged = judge_clean_rallies(sample(mission(replaced="every_night"), size, seed=401))
    assert judged.passed, judged


@pytest.mark.parametrize("size", sizes(20_000, 1_000_000))
def test_an_arm_mended_at_night_limps_in_each_phase_as_often_as_its_renewals_say(size: int) -> None:
    for judged in judge_limping(sample(mission(replaced="never", rolls=False), size, seed=402)):
        assert judged.passed, judged


def test_the_event_engine_agrees_on_both() -> None:
    clean = judge_clean_rallies(sample(mission(replaced="every_night"), 1_000, seed=403, engine="event"))
    limping = judge_limping(sample(mission(replaced="never", rolls=False), 1_000, seed=403, engine="event"))
    for judged in (clean, *limping):
        assert judged.passed, judged


@pytest.mark.parametrize("wrong", [{"shape": 1.5}, {"replaced": "never"}, {"rolls": False}])
def test_a_wrong_part_in_a_phased_mission_is_found_out(wrong: Tree) -> None:
    tree = mission(**{"replaced": "every_night", **wrong})
    assert not judge_clean_rallies(sample(tree, 20_000, seed=401)).passed


@pytest.mark.parametrize("wrong", [{"shape": 1.0}, {"replaced": "every_night"}, {"mended_at_night": False}])
def test_wrong_repairs_at_night_are_found_out(wrong: Tree) -> None:
    tree = mission(**{"replaced": "never", "rolls": False, **wrong})
    assert not all(judged.passed for judged in judge_limping(sample(tree, 20_000, seed=402)))
