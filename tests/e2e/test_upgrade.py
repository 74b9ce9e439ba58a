"""What earlier releases stored opens in the newest Home Assistant that is supported, as in the oldest one.

`tests/island/test_upgrade.py` looks at all of it in the oldest.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from custom_components.tangle_grid.ledger import SUPPLY, TREASURY
from tests.support.upgraded_home import CONFIGURATION

pytestmark = pytest.mark.e2e

ROOT: Final = Path(__file__).parents[2]
RELEASES: Final = sorted(path for path in (ROOT / "tests/fixtures").iterdir() if path.name[0].isdigit())


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_home_of_an_earlier_release(release: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(release, home)
    (home / "configuration.yaml").write_text(CONFIGURATION)
    (home / "custom_components").mkdir()
    (home / "custom_components/tangle_grid").symlink_to(ROOT / "custom_components/tangle_grid")
    done = subprocess.run(
        [
            ROOT / ".runtime/envs/demo/bin/python",
            ROOT / "scripts/lib/start.py",
            "tests.support.upgraded_home",
            home,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    newest = re.search(r"^homeassistant==(\S+)$", (ROOT / "requirements/demo.txt").read_text(), re.MULTILINE)
    assert newest is not None
    assert found["version"] == newest[1]
    assert (found["state"], found["recovery_mode"], found["lost"]) == ("loaded", False, [])
    registry = json.loads((home / ".storage/core.entity_registry").read_text())["data"]["entities"]
    before = json.loads((release / ".storage/core.entity_registry").read_text())["data"]["entities"]
    kept = {each["entity_id"]: each["unique_id"] for each in before}
    assert {entity_id: found["entities"].get(entity_id) for entity_id in kept} == kept
    switched_on = {each["entity_id"] for each in registry if each["disabled_by"] is None} & set(kept)
    assert switched_on <= set(found["provided"])
    # Two rewards of 33 Wh at 1,000,000 i a kWh: one was paid, one was owed.
    assert sum(found["balances"].values()) == SUPPLY
    assert found["balances"][TREASURY] == SUPPLY - 66_000
