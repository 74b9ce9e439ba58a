"""What tells who somebody is or where they were: how it is kept off the Tangle, how long it is kept, and how it goes.

On a Tangle nothing is ever taken back. Personal data stand there only as a salted commitment: it says nothing to
whoever has not the data and the salt, and whoever has both can prove what it was about. Salts follow from a key per
person that can be destroyed. Begin with `commitment`; `erasure` says what is left of a line of the books.
"""

from .commitment import SALT_BYTES, commit, fits, following_key, new_key, salt_of
from .erasure import erase, pseudonym
from .receipt import receipt_data, receipt_of, receipt_salt
from .retention import DEFAULT_DAYS, KINDS_OF, LEAST_DAYS, MOST_DAYS, Category

__all__ = [
    "DEFAULT_DAYS",
    "KINDS_OF",
    "LEAST_DAYS",
    "MOST_DAYS",
    "SALT_BYTES",
    "Category",
    "commit",
    "erase",
    "fits",
    "following_key",
    "new_key",
    "pseudonym",
    "receipt_data",
    "receipt_of",
    "receipt_salt",
    "salt_of",
]
