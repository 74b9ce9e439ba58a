"""The error of the books."""

from collections.abc import Mapping
from typing import Any, Final

# What each key says to a person.
SENTENCES: Final[Mapping[str, str]] = {
    "not_a_month": "{value} is not a month such as 2026-11.",
    "line_differs": "The line {entry_id} stands in the books twice, with different contents.",
    "not_a_statement": "This is not a statement: {detail}.",
    "statement_not_signed": "The statement is not signed by the key {public_key}.",
    "statement_wrong": "The statement contradicts itself: {field} should be {expected} and is {found}.",
    "not_a_sharing": "This is not a sharing of energy: {detail}.",
    "sharing_not_signed": "The sharing is not signed by the key {public_key}.",
    "sharing_wrong": (
        "The sharing contradicts itself: in the quarter of an hour from {start}, {member} should have {expected} Wh and"
        " has {found}."
    ),
    "negative_energy": "{where} is {value} Wh: energy is not negative.",
    "shares_too_large": "The shares add up to {total}, which is more than the whole.",
    "negative_share": "The share of {member} is {value}: a share is not negative.",
    "not_a_quarter": "{value} is not the beginning of a quarter of an hour.",
    "quarter_twice": "The quarter of an hour from {value} comes twice.",
}


class BooksError(Exception):
    """Books, a statement or a sharing that cannot be.

    Attributes:
        key: Machine-readable reason, a key of `SENTENCES`.
        placeholders: The values for its sentence.
    """

    def __init__(self, key: str, placeholders: Mapping[str, object] | None = None) -> None:
        """Remember the reason and its values."""
        self.key = key
        self.placeholders: Mapping[str, Any] = {name: str(value) for name, value in (placeholders or {}).items()}
        super().__init__(key, self.placeholders)

    def __str__(self) -> str:
        """Return one sentence for a person."""
        return SENTENCES[self.key].format_map(self.placeholders)
