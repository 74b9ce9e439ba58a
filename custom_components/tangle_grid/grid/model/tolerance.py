"""What floats may be off by: sums of watts, amperes and seconds that are equal on paper."""

from typing import Final

EPSILON: Final = 1e-6
