"""Finds the functions that something calls, and lets one of them raise, as a bug in it would."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType

TOOL = 4
EVENT = sys.monitoring.events.PY_START


class Broken(Exception):  # noqa: N818 - a bug, of no kind that anybody expects
    """A bug in one of the functions."""


@contextmanager
def _tool(started: Callable[[CodeType, int], None]) -> Iterator[None]:
    sys.monitoring.use_tool_id(TOOL, "breaking")
    sys.monitoring.register_callback(TOOL, EVENT, started)
    try:
        yield
    finally:
        sys.monitoring.register_callback(TOOL, EVENT, None)
        sys.monitoring.clear_tool_id(TOOL)
        sys.monitoring.free_tool_id(TOOL)


@contextmanager
def watched(room: Path, found: dict[CodeType, None]) -> Iterator[None]:
    """Find all functions of a folder that are called, in their order."""
    folder = str(room)

    def started(code: CodeType, _offset: int) -> None:
        if code.co_filename.startswith(folder):
            found.setdefault(code)

    with _tool(started):
        sys.monitoring.set_events(TOOL, EVENT)
        yield


@contextmanager
def broken(code: CodeType) -> Iterator[None]:
    """Let a function raise whenever it is called."""

    def started(_code: CodeType, _offset: int) -> None:
        raise Broken(code.co_qualname)

    with _tool(started):
        sys.monitoring.set_local_events(TOOL, code, EVENT)
        yield
