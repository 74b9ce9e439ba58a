"""The program of the documents that verifies a receipt with pyota alone, and a quick way to run it."""

import re
import sys
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[3]

#: As it stands in the documents.
(RECEIPT_PROGRAM,) = re.findall(
    r"<!-- runs: tests/ledger/verify/test_receipts.py -->\n```python\n(.*?)```",
    (_ROOT / "docs" / "ledger.md").read_text(),
    re.DOTALL,
)

# Our sponges in pyota's own seams: the same hashes, and a test that is over in a few seconds. The packages above them
# are stood in for, since the first of them loads all of Home Assistant.
_STAND_IN: Final = """
import runpy, sys, types
for name in ("custom_components", "custom_components.tangle_grid"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [sys.argv[1] + "/" + name.replace(".", "/")]
from custom_components.tangle_grid.ledger.pyota.seams import modules
sys.modules.update(modules())
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_with_our_sponges(program: Path, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a program with our sponges in pyota's seams."""
    return (sys.executable, "-c", _STAND_IN, str(_ROOT), str(program), *arguments)
