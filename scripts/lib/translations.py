#!/usr/bin/env python3
"""Keep the languages complete: which texts a language lacks or has from an older English, and take new ones in.

A text is named by its path in `translations/en.json`, as `config/step/user/title`. For each language a file in
`scripts/lib/translated/` says from which English text each of its texts was made: who changes an English text finds all
languages asking for it again.
"""

import argparse
import hashlib
import json
import string
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
TEXTS: Final = ROOT / "custom_components/tangle_grid/translations"
MADE_FROM: Final = Path(__file__).parent / "translated"
LANGUAGES: Final = ("de", "es", "fr", "nl")


def flat(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text with its path."""
    for key, value in tree.items():
        if isinstance(value, str):
            yield f"{path}{key}", value
        else:
            yield from flat(value, f"{path}{key}/")


def texts(language: str) -> dict[str, str]:
    """Return the texts of a language by their paths; none of one that does not exist yet."""
    file = TEXTS / f"{language}.json"
    return dict(flat(json.loads(file.read_text(encoding="utf-8")))) if file.exists() else {}


def made_from(language: str) -> dict[str, str]:
    """Return from which English texts those of a language were made, as their marks."""
    file = MADE_FROM / f"{language}.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def mark(text: str) -> str:
    """Return what tells an English text from its earlier ones."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def placeholders(text: str) -> set[str]:
    """Return the names of what is filled in.

    Raises:
        ValueError: A bracket is left open.
    """
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def lacking(language: str) -> dict[str, str]:
    """Return the English texts that a language lacks, or has from an older one."""
    known, marks = texts(language), made_from(language)
    return {path: text for path, text in texts("en").items() if path not in known or marks.get(path) != mark(text)}


def problems(path: str, english: str, translated: object) -> str | None:
    """Return what is wrong with a translated text; None: nothing."""
    if not isinstance(translated, str) or not translated.strip():
        return f"{path}: no text"
    try:
        found = placeholders(translated)
    except ValueError as error:
        return f"{path}: {error}"
    if found != placeholders(english):
        return f"{path}: fills {sorted(found)}, in English {sorted(placeholders(english))}"
    return None


def take_in(language: str, new: Mapping[str, str]) -> list[str]:
    """Write texts of a language, in the order of the English ones; return what was refused, and why."""
    english = texts("en")
    refused = [f"{path}: there is no such text" for path in new if path not in english]
    good: dict[str, str] = {}
    for path in new.keys() & english.keys():
        problem = problems(path, english[path], new[path])
        if problem is None:
            good[path] = new[path]
        else:
            refused.append(problem)
    known = {**texts(language), **good}
    marks = {**made_from(language), **{path: mark(english[path]) for path in good}}
    tree: dict[str, Any] = {}
    for path in english:
        if path in known:
            *sections, key = path.split("/")
            section = tree
            for each in sections:
                section = section.setdefault(each, {})
            section[key] = known[path]
    (TEXTS / f"{language}.json").write_text(json.dumps(tree, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    MADE_FROM.mkdir(exist_ok=True)
    kept = {path: marks[path] for path in english if path in marks}
    (MADE_FROM / f"{language}.json").write_text(json.dumps(kept, indent=0) + "\n", encoding="utf-8")
    return refused


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/translations", description=__doc__)
    parser.add_argument("language", nargs="?", choices=LANGUAGES, help="print what this language lacks, as JSON")
    parser.add_argument("--take", type=Path, metavar="FILE", help="take texts in from a JSON file of paths and texts")
    arguments = parser.parse_args()
    if arguments.language is None:
        for language in LANGUAGES:
            print(f"{language}: {len(lacking(language))} of {len(texts('en'))} texts to be made")
        return 0
    if arguments.take is None:
        print(json.dumps(lacking(arguments.language), indent=1, ensure_ascii=False))
        return 0
    refused = take_in(arguments.language, json.loads(arguments.take.read_text(encoding="utf-8")))
    print("\n".join(refused) or "all taken in", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    raise SystemExit(main())
