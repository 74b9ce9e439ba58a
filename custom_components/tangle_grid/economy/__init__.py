"""What is bought and sold beside flexibility: so far tariffs, what a charging session costs by them, and whose it is.

Amounts are exact fractions and are rounded only to be shown. Not here: Home Assistant, wallets, the clock, and no
I/O but in `cli`, the command `scripts/price`. Begin with `pricing`, which prices a session; `tariff` and `cdr` read
what it needs. `recognition` says which vehicle is at which charger.
"""

from .cdr import Cdr, read_cdr
from .errors import TariffError
from .pricing import Bill, price
from .tariff import Tariff, read_tariff

__all__ = ["Bill", "Cdr", "Tariff", "TariffError", "price", "read_cdr", "read_tariff"]
