"""What the sensors show of a wallet's rules."""

from collections.abc import Mapping
from typing import Any, Final

from ..actions.responses import rules_response
from ..ledger import WalletRules, WalletState

RULES_ATTRIBUTES: Final = frozenset(
    {
        *("per_payment", "per_day", "left_today", "owner_address", "sweep_above", "keep"),
        # Of the address that it is paid at.
        *("address", "short"),
    }
)


def spendable(wallet: WalletState | None, rules: WalletRules | None) -> int | None:
    """Return the iota that a wallet can spend now: what it has, as far as its limit per day leaves it."""
    if wallet is None or rules is None:
        return None
    return wallet.available_i if rules.allowance_i is None else min(wallet.available_i, rules.allowance_i)


def rules_attributes(rules: WalletRules | None) -> Mapping[str, Any] | None:
    """Return what was decided for a wallet; None until its ledger is open."""
    return None if rules is None else rules_response(rules)
