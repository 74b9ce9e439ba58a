"""The QR code of a receive address."""

import hashlib
import random

import pytest
from homeassistant.components.image import async_get_image
from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.entities import qr_code as qr
from tests.support.island import CHARGER, Island

TRYTES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ9"


def _read(matrix: qr.Matrix) -> str:
    """Read a code back: format, mask, codewords, characters."""
    bits = [matrix[row][8] for row in (0, 1, 2, 3, 4, 5, 7, 8)] + [matrix[8][7]]
    bits += [matrix[8][column] for column in range(5, -1, -1)]
    code = sum(bit << index for index, bit in enumerate(bits)) ^ 0x5412
    assert code >> 13 == 0, "level M"
    mask = qr._MASKS[code >> 10 & 7]
    patterns: list[list[bool | None]] = [[None] * qr.SIZE for _ in range(qr.SIZE)]
    qr._draw_patterns(patterns, 0)
    stream = [matrix[row][column] ^ mask(row, column) for row, column in qr._path() if patterns[row][column] is None]
    words = [sum(bit << 7 - index for index, bit in enumerate(stream[at : at + 8])) for at in range(0, 800, 8)]
    blocks = [words[0:64:2], words[1:64:2]]
    for block, correction in zip(blocks, (words[64:100:2], words[65:100:2]), strict=True):
        assert qr._correction(block) == correction
    text = "".join(f"{word:08b}" for block in blocks for word in block)
    assert text[:4] == "0010"
    length, at, read = int(text[4:13], 2), 13, ""
    while len(read) < length - 1:
        pair = int(text[at : at + 11], 2)
        read += qr._ALPHABET[pair // 45] + qr._ALPHABET[pair % 45]
        at += 11
    return read + (qr._ALPHABET[int(text[at : at + 6], 2)] if len(read) < length else "")


@pytest.mark.parametrize("length", [1, 2, 45, 89, 90])
def test_what_is_written_can_be_read(length: int) -> None:
    for seed in range(5):
        text = "".join(random.Random(seed).choices(TRYTES, k=length))  # noqa: S311 - a sample, no secret
        assert _read(qr.qr_matrix(text)) == text


@pytest.mark.parametrize(
    ("mask", "digest"),
    [
        (0, "edc95e1fdf7104a9927fc4fe4ba19b4a1985c24c4cfa926959e2e61d74b481e8"),
        (5, "7557f2d2b997c405bdb12d871169f89c332c34c08276397cd554d343a352acb2"),
    ],
)
def test_another_encoder_draws_the_same(mask: int, digest: str) -> None:
    """Digests of the modules that segno 1.6.6 draws for the same text, version, level and mask."""
    matrix = qr._draw(qr._codeword_bits(("TANGLE9GRID" * 9)[:90]), mask)
    modules = "".join("1" if dark else "0" for row in matrix for dark in row)
    assert hashlib.sha256(modules.encode()).hexdigest() == digest


@pytest.mark.parametrize("text", ["A" * 91, "lower case", "\u00c4"])
def test_what_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        qr.qr_png(text)


async def test_the_image_follows_the_address(hass: HomeAssistant, island: Island) -> None:
    entity_id = island.entity_id("image", "receive_address_qr", CHARGER)
    assert entity_id == "image.charger_maple_4_receive_address_qr_code"
    image = await async_get_image(hass, entity_id)
    assert image.content_type == "image/png"
    assert image.content == qr.qr_png("A" * 90)
