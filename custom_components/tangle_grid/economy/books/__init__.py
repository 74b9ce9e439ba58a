"""Who got and paid what in a month: statements of participants, and the sharing of a common source.

All of it is made from lines of the books (`effects.BookEntry`) and meter values, and can be made again from them by
anybody. Amounts are whole iota and energy is whole Wh; nothing is rounded away. Begin with `statement`; `spreadsheet`
and `signed` are the forms in which one is handed out. `sharing` says who used how much of a source that several share.
"""

from .balance import Difference, balances, compare, once
from .errors import BooksError
from .metering import Metered, QuarterMeter
from .money import Worth, decimal
from .month import Month
from .sharing import Dynamic, Hybrid, Quarter, Shared, SharingKey, Static, share
from .signed import signed_statement, verify_statement
from .signed_sharing import signed_sharing, verify_sharing
from .spreadsheet import Form, sharing_csv, statement_csv
from .statement import Statement, Sums, statement

__all__ = [
    "BooksError",
    "Difference",
    "Dynamic",
    "Form",
    "Hybrid",
    "Metered",
    "Month",
    "Quarter",
    "QuarterMeter",
    "Shared",
    "SharingKey",
    "Statement",
    "Static",
    "Sums",
    "Worth",
    "balances",
    "compare",
    "decimal",
    "once",
    "share",
    "sharing_csv",
    "signed_sharing",
    "signed_statement",
    "statement",
    "statement_csv",
    "verify_sharing",
    "verify_statement",
]
