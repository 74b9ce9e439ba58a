"""Parse every JSON and YAML file of the repository; say which one is broken and where."""

import json
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


class _BlueprintLoader(yaml.SafeLoader):
    """Plain YAML plus the tags that Home Assistant adds."""


def _text(_loader: yaml.SafeLoader, node: yaml.Node) -> str:
    return str(node.value)


_BlueprintLoader.add_constructor("!input", _text)
_BlueprintLoader.add_constructor("!secret", _text)


def tracked_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / line for line in listing.stdout.splitlines()]


def main() -> int:
    broken = 0
    checked = 0
    for path in tracked_files():
        if path.suffix not in {".json", ".yaml", ".yml"} or not path.exists():
            continue
        checked += 1
        text = path.read_text(encoding="utf-8")
        try:
            if path.suffix == ".json":
                json.loads(text)
            else:
                list(yaml.load_all(text, _BlueprintLoader))
        except (json.JSONDecodeError, yaml.YAMLError) as error:
            broken += 1
            print(f"{path.relative_to(ROOT)}: {error}", file=sys.stderr)
    print(f"{checked} data files checked, {broken} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
