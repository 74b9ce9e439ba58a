"""Secrets for programs on the command line: from a file, from standard input, or from the environment.

Never as an argument: everybody on the machine can list those of every process.
"""

import os
import sys
from pathlib import Path
from typing import Final

_MAX_CHARACTERS: Final = 65_536
_STANDARD_INPUT: Final = Path("-")


def read_secret(source: Path | None, variable: str) -> str:
    """Return what stands in this file (`-`: standard input), or in the environment variable when there is no file.

    Space around it is taken off; "" when there is none.

    Raises:
        OSError: The file cannot be read.
        ValueError: There is no such file, or it is too large. What was read or given is not repeated.
    """
    if source is None:
        return os.environ.get(variable, "").strip()
    if source == _STANDARD_INPUT:
        text = sys.stdin.read(_MAX_CHARACTERS + 1)
    else:
        try:
            with source.open(errors="replace") as file:
                text = file.read(_MAX_CHARACTERS + 1)
        except FileNotFoundError:
            raise ValueError("there is no such file: a secret stands in a file, not on the command line") from None
    if len(text) > _MAX_CHARACTERS:
        raise ValueError("the file is too large to hold a secret")
    return text.strip()
