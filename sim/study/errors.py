"""What can go wrong with a study: by the user's mistake, or because something broke."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StudyError(Exception):
    """Something was asked that cannot be done; the message says what, and what can be."""


class BrokenStudyError(Exception):
    """Something that the work needs broke on the way; what was finished by then is kept."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """What cannot be written, or read, is told to be this file: a full disk does not say which, a helper of it says."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


NO_MEMORY = "not enough memory: fewer workers need less"
"""What is said when memory runs out, here or in a worker."""
