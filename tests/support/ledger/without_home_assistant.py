"""The integration's packages without Home Assistant, which takes seconds to load: for processes that begin often.

Import it before anything of the integration, or run a module through it: without_home_assistant.py MODULE OPTIONS.
"""

import runpy
import sys
import types
from pathlib import Path

ROOT = Path(__file__).parents[3]

for _name in ("custom_components", "custom_components.tangle_grid"):
    _package = types.ModuleType(_name)
    _package.__path__ = [str(ROOT.joinpath(*_name.split(".")))]
    sys.modules[_name] = _package

if __name__ == "__main__":
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
