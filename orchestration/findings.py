"""A finding of `pcw doctor`: a sentence, and whether there is something to do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What is so, where, what follows and what to do. A note needs nothing."""

    about: str
    sentence: str
    is_todo: bool

    @property
    def kind(self) -> str:
        """How it starts on a terminal."""
        return "To do:" if self.is_todo else "Note: "


def todo(about: str, sentence: str) -> Finding:
    """Somebody must do something."""
    return Finding(about, sentence, True)


def note(about: str, sentence: str) -> Finding:
    """Good to know."""
    return Finding(about, sentence, False)
