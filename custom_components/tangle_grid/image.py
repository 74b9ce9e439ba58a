"""Images: the QR code of a wallet's receive address, to be paid from a phone."""

from io import BytesIO
from typing import Final, override

from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .entity import MemberEntity
from .island.configuration import Member
from .island.runtime import IslandRuntime, TangleGridConfigEntry

PARALLEL_UPDATES = 0

#: Home Assistant proposes a new key every five minutes.
_HOUR: Final = 12

RECEIVE_ADDRESS: Final = ImageEntityDescription(
    key="receive_address_qr",
    translation_key="receive_address_qr",
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a QR code for each wallet of a participant or a vehicle."""
    runtime = entry.runtime_data
    for member_id, member in runtime.members.items():
        async_add_entities([ReceiveAddressImage(hass, runtime, member)], config_subentry_id=member_id)


def qr_svg(text: str) -> bytes:
    """Return a QR code as an SVG image that fills whatever it is shown in. Of letters and 9 it is a small one.

    Blocks for about a tenth of a second.
    """
    # Installed with the packages of the ledger, without which there is no address to draw.
    import pyqrcode  # noqa: PLC0415

    image = BytesIO()
    pyqrcode.create(text, error="M", mode="alphanumeric").svg(image, background="#fff", omithw=True)
    return image.getvalue()


class ReceiveAddressImage(MemberEntity, ImageEntity):
    """The receive address; a new one after every spend."""

    _attr_content_type = "image/svg+xml"
    _address: str | None = None
    #: Somebody has looked at it since it changed last.
    _looked_at = True
    _proposed = 0

    def __init__(self, hass: HomeAssistant, runtime: IslandRuntime, member: Member) -> None:
        MemberEntity.__init__(self, runtime, member, RECEIVE_ADDRESS)
        ImageEntity.__init__(self, hass)
        self._async_look()

    @callback
    @override
    def async_update_token(self) -> None:
        """Change the key to the image once an hour, not each time that Home Assistant proposes it.

        A new key is a new state of each wallet, also while nothing moves; what is drawn is shown to whoever pays.
        """
        if self._proposed % _HOUR == 0:
            super().async_update_token()
        self._proposed += 1

    @property
    @override
    def available(self) -> bool:
        return super().available and self._address is not None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._async_look()
        super()._handle_coordinator_update()

    @callback
    def _async_look(self) -> None:
        wallet = self.coordinator.data.wallets.get(self.member.participant_id)
        address = wallet.address if wallet else None
        if address != self._address:
            self._address = address
            # A paying car has another address every few minutes: who looks is told, and nobody's activity is filled.
            if self._looked_at or self._attr_image_last_updated is None:
                self._looked_at = False
                self._attr_image_last_updated = dt_util.utcnow()

    @override
    def image(self) -> bytes | None:
        self._looked_at = True
        return qr_svg(self._address) if self._address else None
