"""The languages are complete, fill in the same figures as the English, and are of the English that stands now."""

import json
from pathlib import Path

import pytest

from scripts.lib import translations

ENGLISH = translations.texts("en")


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_a_language_is_complete(language: str) -> None:
    texts = translations.texts(language)
    assert list(texts) == list(ENGLISH), "in the order of the English texts, none missing, none left over"
    assert not translations.lacking(language), "scripts/translations says what to do"


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_its_texts_fill_in_what_the_english_ones_do(language: str) -> None:
    texts = translations.texts(language)
    wrong = [translations.problems(path, ENGLISH[path], text) for path, text in texts.items()]
    assert not [each for each in wrong if each]
    # Code and the names of parameters are the same in every language.
    for path, text in texts.items():
        assert text.count("`") == ENGLISH[path].count("`"), path


def test_a_text_of_an_older_english_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "TEXTS", tmp_path)
    monkeypatch.setattr(translations, "MADE_FROM", tmp_path / "made")
    (tmp_path / "en.json").write_text(json.dumps({"a": {"b": "Wait {minutes} min"}, "c": "Yes"}))
    assert translations.take_in("nl", {"a/b": "Wacht", "c": "Ja", "d": "x"}) == [
        "d: there is no such text",
        "a/b: fills [], in English ['minutes']",
    ]
    assert translations.take_in("nl", {"a/b": "Wacht {minutes} min"}) == []
    assert not translations.lacking("nl")
    (tmp_path / "en.json").write_text(json.dumps({"a": {"b": "Wait for {minutes} min"}, "c": "Yes"}))
    assert translations.lacking("nl") == {"a/b": "Wait for {minutes} min"}
    assert json.loads((tmp_path / "nl.json").read_text()) == {"a": {"b": "Wacht {minutes} min"}, "c": "Ja"}
