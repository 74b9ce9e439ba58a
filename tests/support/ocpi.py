"""Tariffs and charge detail records in OCPI's JSON, made short."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)  # a Monday


def component(kind: str, price: float, step: int = 1, vat: float | None = None) -> dict[str, Any]:
    return {"type": kind, "price": price, "step_size": step} | ({} if vat is None else {"vat": vat})


def element(*components: dict[str, Any], **restrictions: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"price_components": list(components)}
    return found | ({"restrictions": restrictions} if restrictions else {})


def tariff(*elements: dict[str, Any], **fields: Any) -> str:
    return json.dumps({"id": "1", "currency": "EUR", "elements": list(elements)} | fields)


def cdr(*periods: tuple[float, dict[str, float]], start: datetime = START, minutes: float = 0, **fields: Any) -> str:
    """Return a session. Each period is the minute in which it starts and its dimensions; it lasts `minutes` or until
    a minute after the last period's start.
    """
    listed = [
        {
            "start_date_time": (start + timedelta(minutes=minute)).isoformat(),
            "dimensions": [{"type": kind, "volume": volume} for kind, volume in dimensions.items()],
        }
        for minute, dimensions in periods
    ]
    end = start + timedelta(minutes=max(minutes, periods[-1][0] + 1 if periods else 0))
    record = {"start_date_time": start.isoformat(), "end_date_time": end.isoformat(), "currency": "EUR"}
    return json.dumps(record | {"charging_periods": listed} | fields)
