"""Pack the component for a release: `pack.py FOLDER [TAG]` writes the archive that `hacs.json` names.

HACS unpacks the archive into `custom_components/tangle_grid`, so its files stand at the top. The same files make the
same archive, byte by byte: anyone can check a release against its tag. Needs only a Python 3.9 or newer.
"""

import json
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPONENT = ROOT / "custom_components" / "tangle_grid"
# The oldest moment that an archive can state: files have no other time than their release.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16


def component_files() -> list[Path]:
    """Return what belongs into the archive, in order: everything but what Python and desktops leave behind."""
    inside = (path for path in COMPONENT.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sorted(
        path
        for path in inside
        if not any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(COMPONENT).parts)
    )


def pack(archive: Path) -> None:
    """Write the archive."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in component_files():
            entry = zipfile.ZipInfo(path.relative_to(COMPONENT).as_posix(), _EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _READABLE
            packed.writestr(entry, path.read_bytes())


def version() -> str:
    """Return the version, which stands in the manifest and nowhere else."""
    return str(json.loads((COMPONENT / "manifest.json").read_text(encoding="utf-8"))["version"])


def notes(changelog: str, released: str) -> str:
    """Return what the changelog says of a version.

    Raises:
        SystemExit: It says nothing.
    """
    for part in changelog.split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        if heading.split(" ")[0] == released and text.strip():
            return text.strip() + "\n"
    raise SystemExit(f"CHANGELOG.md says nothing of {released}")


def main(folder: Path, tag: str | None) -> None:
    """Pack; with a tag, refuse one that is not the version's, or a version that nobody can read about."""
    folder.mkdir(parents=True, exist_ok=True)
    if tag is not None:
        if tag != f"v{version()}":
            raise SystemExit(f"The tag is {tag}, the manifest's version {version()}: the tag must be v{version()}")
        told = notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version())
        (folder / "notes.md").write_text(told, encoding="utf-8")
    archive = folder / json.loads((ROOT / "hacs.json").read_text(encoding="utf-8"))["filename"]
    pack(archive)
    print(f"{version()}: {archive}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
