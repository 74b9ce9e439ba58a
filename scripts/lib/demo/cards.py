"""The built-in cards that the dashboard is made of, as the configuration that Home Assistant stores."""

from typing import Final

from .api import Json

FULL: Final = "full"


def heading(text: str, icon: str, *, small: bool = False) -> Json:
    """Return a title above a group of cards."""
    return {"type": "heading", "heading": text, "icon": icon, "heading_style": "subtitle" if small else "title"}


def markdown(content: str, *, plain: bool = False, columns: int | str = FULL) -> Json:
    """Words; `plain` without a card around them."""
    return {"type": "markdown", "content": content, "text_only": plain, "grid_options": {"columns": columns}}


def tile(
    entity: str,
    name: str,
    *,
    icon: str | None = None,
    color: str | None = None,
    columns: int = 6,
    trend_hours: float | None = None,
    level: bool = False,
    hide_state: bool = False,
    only_above: float | None = None,
) -> Json:
    """Return one entity, under a name that needs no explanation; `only_above` hides it until it has that much."""
    card: Json = {"type": "tile", "entity": entity, "name": name, "grid_options": {"columns": columns}}
    if icon:
        card["icon"] = icon
    if color:
        card["color"] = color
    if hide_state:
        card["hide_state"] = True
    if only_above is not None:
        card["visibility"] = [{"condition": "numeric_state", "entity": entity, "above": only_above}]
    if trend_hours:
        card["features"] = [{"type": "trend-graph", "hours_to_show": trend_hours, "detail": True}]
    if level:
        card["features"] = [{"type": "bar-gauge", "min": 0, "max": 100}]
    return card


def gauge(entity: str, name: str, *, maximum: float, yellow: float, red: float) -> Json:
    """Return a needle over green, yellow and red."""
    return {
        "type": "gauge",
        "entity": entity,
        "name": name,
        "min": 0,
        "max": maximum,
        "needle": True,
        "segments": [
            {"from": 0, "color": "var(--success-color)"},
            {"from": yellow, "color": "var(--warning-color)"},
            {"from": red, "color": "var(--error-color)"},
        ],
        "grid_options": {"columns": FULL, "rows": 4},
    }


def history(entities: list[tuple[str, str]], *, hours: float, rows: int = 6, highest: float | None = None) -> Json:
    """Return lines over the last minutes; `highest` is where the axis ends as long as no line goes beyond."""
    return {
        "type": "history-graph",
        "hours_to_show": hours,
        "entities": [{"entity": entity, "name": name} for entity, name in entities],
        "fit_y_data": highest is not None,
        "min_y_axis": 0,
        **({} if highest is None else {"max_y_axis": highest}),
        "grid_options": {"columns": FULL, "rows": rows},
    }


def logbook(entities: list[str], *, hours: float = 1, rows: int = 6) -> Json:
    """Return what happened, newest first."""
    return {
        "type": "logbook",
        "target": {"entity_id": entities},
        "hours_to_show": hours,
        "grid_options": {"columns": FULL, "rows": rows},
    }


def section(*cards: Json | None, span: int = 1) -> Json:
    """Return a group of cards; those that are not there are left out."""
    return {"type": "grid", "column_span": span, "cards": [card for card in cards if card is not None]}


def view(title: str, path: str, icon: str, sections: list[Json], **more: object) -> Json:
    """Return a page of sections."""
    return {
        "type": "sections",
        "title": title,
        "path": path,
        "icon": icon,
        "max_columns": 3,
        "dense_section_placement": True,
        "sections": sections,
        **more,
    }
