"""What can go wrong with a study: by the user's mistake, or because something broke."""

from __future__ import annotations


class StudyError(Exception):
    """Something was asked that cannot be done; the message says what, and what can be."""


class BrokenStudyError(Exception):
    """Something that the work needs broke on the way; what was finished by then is kept."""


NO_MEMORY = "not enough memory: fewer workers need less"
"""What is said when memory runs out, here or in a worker."""
