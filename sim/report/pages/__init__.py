"""Pages to print: one sheet of A4 each, in one file that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_page(path: Path, template: str, **context: Any) -> None:
    """Fill in a template of this folder and write it.

    Raises OSError if the file cannot be written.
    """
    text = _ENVIRONMENT.get_template(template).render(context)
    path.write_text(text, encoding="utf-8")
