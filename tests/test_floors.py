"""Imports point downwards only, outside libraries stay in their rooms, and no module grows without end."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file.read_text(encoding="utf-8")
    for package in ("sim", "calibration")
    for file in sorted((ROOT / package).rglob("*.py"))
}

GROUND = ("sim.model.arrays", "sim.model.units", "sim.model.stable", "sim.model.hazards", "sim.model.track")
UPSTAIRS = ("sim.commands", "sim.cli", "sim.__main__")

FORBIDDEN = [
    (("sim",), ("calibration",)),
    (("sim", "calibration"), ("benchmarks", "tests", "random")),
    (("sim.model",), ("sim.engine", "sim.study", "sim.report", *UPSTAIRS)),
    (("sim.model.spec", "sim.model.rules"), ("sim.model.plan", "sim.model.scenario")),
    (("sim.engine",), ("sim.study", "sim.report", *UPSTAIRS)),
    (("sim.engine.event",), ("sim.engine.array",)),
    (("sim.engine.array",), ("sim.engine.event",)),
    (("sim.study", "sim.report"), UPSTAIRS),
    (("calibration.forecast", "calibration.fit_store", "calibration.choices"), ("calibration.hindcast",)),
    (
        ("calibration.forecast", "calibration.fit_store", "calibration.choices", "calibration.hindcast"),
        ("calibration.commands", "calibration.report"),
    ),
]
"""(who, must not import what); a module stands for everything in it."""

RESERVED = [
    ("simpy", ("sim.engine.event",)),
    ("jinja2", ("sim.report.pages",)),
    ("numpy.random", ("sim.engine.luck", "calibration")),
    ("matplotlib", ("sim.report.figures", "calibration.report.figures", "calibration.report.evenings")),
]
"""(library, the only places that use it)."""


def imports(source: str) -> Iterator[str]:
    """Full names of everything that a module imports, wherever the import stands; np.random counts as one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written with their full names"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ("np.random", "numpy.random"):
            yield "numpy.random"


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def offences(module: str, source: str) -> list[str]:
    """What a module imports and must not."""
    found = [name for name in imports(source) for who, what in FORBIDDEN if within(module, who) and within(name, what)]
    if within(module, GROUND):
        found += [name for name in imports(source) if within(name, ("sim",)) and not within(name, GROUND)]
    for library, places in RESERVED:
        found += [name for name in imports(source) if within(name, (library,)) and not within(module, places)]
    return found


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_floor_allows(module):
    assert offences(module, MODULES[module]) == []


@pytest.mark.parametrize("module", MODULES)
def test_no_module_is_longer_than_400_lines(module):
    assert len(MODULES[module].splitlines()) <= 400


@pytest.mark.parametrize(
    ("module", "source", "offence"),
    [
        ("sim.model.checks", "from sim.engine.luck import Luck", "sim.engine.luck.Luck"),
        ("sim.model.units", "from sim.model.scenario import load", "sim.model.scenario.load"),
        ("sim.model.rules.nights", "import sim.model.plan", "sim.model.plan"),
        ("sim.engine.outcomes", "from sim import study", "sim.study"),
        ("sim.engine.event.crew", "def f():\n    from sim.engine import array", "sim.engine.array"),
        ("sim.engine.array", "from sim.engine.event import replay", "sim.engine.event.replay"),
        ("sim.report.tables", "from sim.cli import main", "sim.cli.main"),
        ("sim.cli", "import calibration.fit", "calibration.fit"),
        ("sim.study.odds", "import simpy", "simpy"),
        ("sim.engine.event.truck", "import numpy as np\nnp.random.default_rng()", "numpy.random"),
        ("sim.engine.event.truck", "from numpy.random import Philox", "numpy.random.Philox"),
        ("sim.engine.luck", "import random", "random"),
        ("sim.report.tables", "from matplotlib import pyplot", "matplotlib.pyplot"),
        ("calibration.scores", "from matplotlib.figure import Figure", "matplotlib.figure.Figure"),
        ("calibration.report", "import matplotlib", "matplotlib"),
        ("calibration.scores", "import benchmarks.speed", "benchmarks.speed"),
        ("calibration.choices", "from calibration.hindcast import run", "calibration.hindcast.run"),
        ("calibration.hindcast.run", "from calibration.commands import fit", "calibration.commands.fit"),
    ],
)
def test_a_planted_offence_is_found(module, source, offence):
    assert offence in offences(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sim.engine.event.crew", "import simpy\nfrom sim.engine.luck import Luck\nfrom sim.model.rules import nights"),
        ("sim.engine.luck", "import numpy as np\nnp.random.Philox(key=0)"),
        ("sim.report.figures.style", "import matplotlib"),
        ("calibration.report.figures", "from matplotlib.axes import Axes\nfrom sim.report.figures import style"),
        ("calibration.scores", "import numpy as np\nnp.random.default_rng(1)"),
        ("sim.model.hazards", "from sim.model.units import whole_seconds"),
        ("sim.cli", "from sim.commands import odds"),
    ],
)
def test_what_is_allowed_is_no_offence(module, source):
    assert offences(module, source) == []
