"""A plugin for pytest: the packages that only the ledger needs are not installed."""

import importlib.abc
import sys
from typing import Final

MISSING: Final = frozenset({"iota", "numpy", "sha3"})


class Blocker(importlib.abc.MetaPathFinder):
    """Finds nothing, before anybody else looks."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


sys.meta_path.insert(0, Blocker())
