"""A QR code for a receive address, as a PNG; pure Python, because nothing that Home Assistant ships makes one.

Only what an address needs: the alphanumeric mode (A to Z and 9 are in its alphabet) of version 4 with error
correction M, which holds 90 characters: exactly an address with its checksum. After ISO/IEC 18004.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise, product
from typing import Final

CAPACITY: Final = 90
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

# Version 4-M: 33 modules a side, two blocks of 32 data and 18 error correction codewords.
SIZE: Final = 33
_BLOCKS: Final = 2
_DATA: Final = 32
_CORRECTION: Final = 18
_ALIGNMENT: Final = 26
_LEVEL_M: Final = 0b00
_ALPHANUMERIC: Final = 0b0010
_COUNT_BITS: Final = 9
_PADDING: Final = (0xEC, 0x11)

_QUIET: Final = 4
_SCALE: Final = 8

type Matrix = list[list[bool]]

_MASKS: Final[tuple[Callable[[int, int], bool], ...]] = (
    lambda row, column: (row + column) % 2 == 0,
    lambda row, _: row % 2 == 0,
    lambda _, column: column % 3 == 0,
    lambda row, column: (row + column) % 3 == 0,
    lambda row, column: (row // 2 + column // 3) % 2 == 0,
    lambda row, column: row * column % 2 + row * column % 3 == 0,
    lambda row, column: (row * column % 2 + row * column % 3) % 2 == 0,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2 == 0,
)


def qr_png(text: str) -> bytes:
    """A QR code with its quiet zone, black on white.

    Args:
        text: At most 90 characters of the QR alphabet.

    Raises:
        ValueError: The text is too long, or has other characters.
    """
    matrix = qr_matrix(text)
    side = (SIZE + 2 * _QUIET) * _SCALE
    blank = b"\x00" + b"\xff" * side
    rows = [blank] * (_QUIET * _SCALE)
    for row in matrix:
        line = b"".join((b"\x00" if dark else b"\xff") * _SCALE for dark in row)
        edge = b"\xff" * (_QUIET * _SCALE)
        rows += [b"\x00" + edge + line + edge] * _SCALE
    rows += [blank] * (_QUIET * _SCALE)
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    )


def qr_matrix(text: str) -> Matrix:
    """The dark modules of a QR code, row by row, without a quiet zone; with the mask that reads best.

    Raises:
        ValueError: The text is too long, or has other characters.
    """
    bits = _codeword_bits(text)
    candidates = [_draw(bits, mask) for mask in range(len(_MASKS))]
    return min(candidates, key=_penalty)


def _codeword_bits(text: str) -> list[bool]:
    if len(text) > CAPACITY or any(character not in _ALPHABET for character in text):
        raise ValueError("the text does not fit into the code")
    values = [_ALPHABET.index(character) for character in text]
    stream = f"{_ALPHANUMERIC:04b}{len(text):0{_COUNT_BITS}b}"
    for index in range(0, len(values) - 1, 2):
        stream += f"{values[index] * 45 + values[index + 1]:011b}"
    if len(values) % 2:
        stream += f"{values[-1]:06b}"
    length = _BLOCKS * _DATA * 8
    stream = (stream + "0000")[:length]
    stream += "0" * (-len(stream) % 8)
    data = [int(stream[at : at + 8], 2) for at in range(0, len(stream), 8)]
    data += [_PADDING[index % 2] for index in range(_BLOCKS * _DATA - len(data))]

    blocks = [data[at : at + _DATA] for at in range(0, len(data), _DATA)]
    corrections = [_correction(block) for block in blocks]
    woven = [word for column in zip(*blocks, strict=True) for word in column]
    woven += [word for column in zip(*corrections, strict=True) for word in column]
    return [word >> bit & 1 == 1 for word in woven for bit in range(7, -1, -1)]


def _multiply(left: int, right: int) -> int:
    """Multiplication in GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1."""
    product_ = 0
    while right:
        if right & 1:
            product_ ^= left
        left = left << 1 ^ (0x11D if left & 0x80 else 0)
        right >>= 1
    return product_


def _correction(block: list[int]) -> list[int]:
    """The Reed-Solomon codewords of a block: the remainder of its division by the generator polynomial."""
    generator = [1]
    root = 1
    for _ in range(_CORRECTION):
        shifted = [*generator, 0]
        for index, coefficient in enumerate(generator):
            shifted[index + 1] ^= _multiply(coefficient, root)
        generator = shifted
        root = _multiply(root, 2)
    remainder = [0] * _CORRECTION
    for word in block:
        factor = word ^ remainder[0]
        remainder = [*remainder[1:], 0]
        remainder = [
            value ^ _multiply(coefficient, factor) for value, coefficient in zip(remainder, generator[1:], strict=True)
        ]
    return remainder


def _draw(bits: list[bool], mask: int) -> Matrix:
    matrix: list[list[bool | None]] = [[None] * SIZE for _ in range(SIZE)]
    _draw_patterns(matrix, mask)
    path = iter(bits)
    for row, column in _path():
        if matrix[row][column] is None:
            # What is left over after the last codeword is filled with zeros.
            matrix[row][column] = next(path, False) ^ _MASKS[mask](row, column)
    return [[bool(module) for module in row] for row in matrix]


def _path() -> Iterator[tuple[int, int]]:
    """Pairs of columns from the right, up and down in turn, past the vertical timing pattern."""
    upwards = True
    for right in (column if column > 6 else column - 1 for column in range(SIZE - 1, 0, -2)):  # noqa: PLR2004 - timing
        for step in range(SIZE):
            row = SIZE - 1 - step if upwards else step
            yield from ((row, right), (row, right - 1))
        upwards = not upwards


def _draw_patterns(matrix: list[list[bool | None]], mask: int) -> None:
    for index in range(8, SIZE - 8):
        matrix[6][index] = matrix[index][6] = index % 2 == 0
    for top, left in ((0, 0), (0, SIZE - 7), (SIZE - 7, 0)):
        for row, column in product(range(-1, 8), repeat=2):
            if 0 <= top + row < SIZE and 0 <= left + column < SIZE:
                ring = max(abs(row - 3), abs(column - 3))
                matrix[top + row][left + column] = ring not in (2, 4)
    for row, column in product(range(-2, 3), repeat=2):
        matrix[_ALIGNMENT + row][_ALIGNMENT + column] = max(abs(row), abs(column)) != 1
    _draw_format(matrix, mask)


def _draw_format(matrix: list[list[bool | None]], mask: int) -> None:
    """Level and mask, with their BCH code, twice."""
    data = _LEVEL_M << 3 | mask
    remainder = data
    for _ in range(10):
        remainder = remainder << 1 ^ (remainder >> 9) * 0x537
    code = (data << 10 | remainder) ^ 0x5412
    bits = [code >> index & 1 == 1 for index in range(15)]
    around = [*((row, 8) for row in (0, 1, 2, 3, 4, 5, 7, 8)), (8, 7), *((8, column) for column in range(5, -1, -1))]
    apart = [*((8, SIZE - 1 - index) for index in range(8)), *((SIZE - 7 + index, 8) for index in range(7))]
    for places in (around, apart):
        for (row, column), bit in zip(places, bits, strict=True):
            matrix[row][column] = bit
    matrix[SIZE - 8][8] = True


def _penalty(matrix: Matrix) -> int:
    """How badly a code reads: long runs, blocks, what looks like a finder, and an uneven share of dark."""
    penalty = 0
    for line in (*matrix, *(list(column) for column in zip(*matrix, strict=True))):
        text = "".join("1" if dark else "0" for dark in line)
        for run in text.replace("01", "0 1").replace("10", "1 0").split():
            penalty += len(run) - 2 if len(run) >= 5 else 0  # noqa: PLR2004 - the standard's number
        for look_alike in ("10111010000", "00001011101"):
            penalty += 40 * sum(text.startswith(look_alike, at) for at in range(SIZE))
    for upper, lower in pairwise(matrix):
        for at in range(SIZE - 1):
            penalty += 3 * (upper[at] == upper[at + 1] == lower[at] == lower[at + 1])
    dark = sum(sum(row) for row in matrix)
    return penalty + 10 * int(abs(dark * 20 - SIZE * SIZE * 10) / (SIZE * SIZE))
