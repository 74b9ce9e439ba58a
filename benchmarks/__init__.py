"""Every figure of speed or quality that the documents state can be made again from here: scripts/bench NAME.

The pure rooms can be imported without Home Assistant: where it is not installed, the integration's own package, whose
first module needs it, is replaced by an empty one with the same path.
"""

import importlib.util
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

if importlib.util.find_spec("homeassistant") is None:
    for name in ("custom_components", "custom_components.tangle_grid"):
        package = types.ModuleType(name)
        package.__path__ = [str(ROOT.joinpath(*name.split(".")))]
        sys.modules[name] = package
