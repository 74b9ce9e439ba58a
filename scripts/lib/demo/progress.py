"""Telling the person what happens, on standard error: standard output belongs to the result."""

import sys
import time
from typing import Final


class Progress:
    """Lines with the seconds since the start in front."""

    def __init__(self) -> None:
        self._started: Final = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def say(self, text: str) -> None:
        """One line about what is being done now."""
        print(f"[{self.elapsed_s:5.1f} s] {text}", file=sys.stderr, flush=True)

    @staticmethod
    def show(text: str) -> None:
        """A block for the reader, without the clock."""
        print(text, file=sys.stderr, flush=True)
