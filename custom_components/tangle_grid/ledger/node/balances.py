"""Who has what: balances, spent addresses and applied bundles. None of it is ever pruned."""

from collections.abc import Iterable, Mapping

from ..base.stored_values import amount, number, understood
from ..store.database import Database


class Balances:
    """Reads and writes the state of the tokens. Errors are those of `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def balance(self, address: str) -> int:
        """Return the confirmed balance of an address, in iota."""
        with understood("a balance"):
            return amount(self._database.value("SELECT balance FROM account WHERE address = ?", address) or 0)

    def is_spent(self, address: str) -> bool:
        """Tell whether a confirmed bundle spent from the address."""
        return bool(self._database.value("SELECT spent FROM account WHERE address = ?", address))

    def is_exposed(self, address: str) -> bool:
        """Tell whether any properly signed bundle, confirmed or not, ever spent from the address."""
        return bool(self._database.value("SELECT exposed FROM account WHERE address = ?", address))

    def is_used_up(self, address: str) -> bool:
        """Tell whether the address was, or may yet be, spent from: it must not receive any more."""
        return self.is_spent(address) or self.is_exposed(address)

    def is_applied(self, bundle: str) -> bool:
        """Tell whether a bundle with this hash moved balances already."""
        return self._database.value("SELECT 1 FROM applied WHERE bundle = ?", bundle) is not None

    def applied(self) -> set[str]:
        """Return all bundles that moved balances."""
        return {row[0] for row in self._database.rows("SELECT bundle FROM applied")}

    def all_balances(self) -> dict[str, int]:
        """Return the balance of every address that holds anything, in iota."""
        return dict(self._database.rows("SELECT address, balance FROM account WHERE balance > 0"))

    def expose(self, addresses: Iterable[str]) -> None:
        """Note that a key of these addresses has signed."""
        self._database.run_many(
            "INSERT INTO account (address, exposed) VALUES (?, 1) ON CONFLICT (address) DO UPDATE SET exposed = 1",
            [(address,) for address in addresses],
        )

    def write(self, balances: Mapping[str, int], spent: Iterable[str], applied: Iterable[str], milestone: int) -> None:
        """Write what a milestone changed."""
        self._database.run_many(
            "INSERT INTO account (address, balance) VALUES (?, ?)"
            " ON CONFLICT (address) DO UPDATE SET balance = excluded.balance",
            list(balances.items()),
        )
        self._database.run_many("UPDATE account SET spent = 1 WHERE address = ?", [(address,) for address in spent])
        self._database.run_many(
            "INSERT INTO applied (bundle, milestone) VALUES (?, ?)", [(bundle, milestone) for bundle in applied]
        )

    def supply(self) -> int:
        """Add up all balances."""
        with understood("a balance"):
            return number(self._database.value("SELECT SUM(balance) FROM account WHERE balance > 0") or 0)
