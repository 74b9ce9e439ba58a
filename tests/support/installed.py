"""What the installed Home Assistant's own integrations say of their entities, read in their code.

Nothing of them is imported: most need libraries that are not there. A key that is renamed in a later Home Assistant is
renamed here, too, and the preset that rests on it fails its test.
"""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import homeassistant.components as installed_components
from homeassistant import const
from homeassistant.components import binary_sensor, number, sensor, switch
from homeassistant.util import slugify

COMPONENTS: Final = Path(next(iter(installed_components.__path__)))
#: Stands in a unique id for whatever differs from device to device.
ANY: Final = "x1"
_UNKNOWN: Final = object()
_ENUMS: Final = (const, sensor, number, binary_sensor, switch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """An entity as its integration makes it; `None` where its code does not say it plainly."""

    domain: str
    key: str
    unique_id: str
    translation_key: str | None = None
    name: str | None = None
    device_class: str | None = None
    unit: str | None = None
    enabled: bool = True
    capabilities: dict[str, Any] = field(default_factory=dict)


def described(integration: str, *domains: str, folder: Path = COMPONENTS) -> list[Described]:
    """Return the entities of some platforms of an integration, all that its descriptions name.

    A platform is its domain; where its descriptions stand in a module of another name, that as well: "sensor@module".
    """
    return [each for domain in domains for each in _of_platform(folder / integration, *domain.split("@"))]


def texts(integration: str, folder: Path = COMPONENTS) -> dict[str, Any]:
    """Return the texts of an integration, which name its translation keys and the states of its enums."""
    found: dict[str, Any] = json.loads((folder / integration / "strings.json").read_text())
    return found


@cache
def _of_platform(folder: Path, domain: str, name: str | None = None) -> tuple[Described, ...]:
    module = _Module(folder, folder / f"{name or domain}.py")
    template, by_key = module.unique_id(), module.names_by_key()
    names = texts(folder.name, folder.parent).get("entity", {}).get(domain, {})
    said = (
        {keyword.arg: module.value(keyword.value) for keyword in call.keywords if keyword.arg}
        for call in module.descriptions()
    )
    return tuple(_made(module, each, domain, template, names, by_key=by_key) for each in (*said, *module.classes()))


def _made(
    module: _Module,
    said: dict[str, Any],
    domain: str,
    template: ast.expr | None,
    names: dict[str, Any],
    *,
    by_key: bool,
) -> Described:
    def plain(name: str) -> Any:
        value = said.get(name, module.attribute(f"_attr_{name}"))
        return None if value is _UNKNOWN else value

    key = str(said["key"])
    translation_key = plain("translation_key") or (key if by_key else None)
    own_id = said.get("unique_id")
    capabilities = {
        "min": plain("native_min_value"),
        "max": plain("native_max_value"),
        "step": plain("native_step"),
        "options": plain("options"),
    }
    suggested = plain("suggested_unit_of_measurement")
    return Described(
        domain=domain,
        key=key,
        unique_id=key if template is None else module.text(template, own_id if isinstance(own_id, str) else key),
        translation_key=translation_key,
        name=names.get(translation_key or "", {}).get("name") or plain("name"),
        device_class=plain("device_class"),
        unit=suggested
        or (said.get("native_unit_of_measurement") if "device_class" in said else plain("native_unit_of_measurement")),
        enabled=plain("entity_registry_enabled_default") is not False,
        capabilities={name: value for name, value in capabilities.items() if value is not None},
    )


class _Module:
    """One module of an integration, with what its constants and its base classes say."""

    def __init__(self, folder: Path, path: Path) -> None:
        self._tree = ast.parse(path.read_text())
        around = [folder / name for name in ("entity.py", "const.py", "__init__.py", "models.py", "sensor.py")]
        self._others = [ast.parse(each.read_text()) for each in around if each.exists() and each != path]
        self._names: dict[str, ast.expr] = {}
        self._classes: dict[str, ast.ClassDef] = {}
        self._functions: dict[str, ast.expr] = {}
        self._attributes: dict[str, Any] = {}
        for tree in (*self._others, self._tree):
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    self._classes[node.name] = node
                elif isinstance(node, ast.FunctionDef) and isinstance(node.body[-1], ast.Return):
                    returned = node.body[-1].value
                    self._functions.update({} if returned is None else {node.name: returned})
            for statement in tree.body:
                if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                    self._names.update({each.id: statement.value for each in targets if isinstance(each, ast.Name)})

    def descriptions(self) -> Iterator[ast.Call]:
        """Yield the calls that describe an entity with a plain key."""
        for node in ast.walk(self._tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.value if isinstance(node.func, ast.Subscript) else node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            keys = [keyword.value for keyword in node.keywords if keyword.arg == "key"]
            if name.endswith("Description") and keys and isinstance(self.value(keys[0]), str):
                yield node

    def classes(self) -> Iterator[dict[str, Any]]:
        """Yield what classes of single entities say of themselves: those that name a key of their own."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ClassDef):
                said = {
                    ast.unparse(statement.targets[0]).removeprefix("_attr_"): self.value(statement.value)
                    for statement in node.body
                    if isinstance(statement, ast.Assign)
                }
                key = said.get("key", said.get("translation_key"))
                if isinstance(key, str):
                    yield {**said, "key": key}

    def attribute(self, name: str) -> Any:
        """Return what a class of this module says of all its entities."""
        if name not in self._attributes:
            self._attributes[name] = self._find_attribute(name)
        return self._attributes[name]

    def _find_attribute(self, name: str) -> Any:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ClassDef):
                for statement in node.body:
                    if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
                        return self.value(statement.value)
        return None

    def unique_id(self) -> ast.expr | None:
        """Return the expression that gives a unique id: of this module or of the base class, best one with the key."""
        found = [
            node.value
            for tree in (self._tree, *self._others)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "self._attr_unique_id"
        ]
        return next((each for each in found if "key" in ast.unparse(each)), found[0] if found else None)

    def names_by_key(self) -> bool:
        """Return whether the base class makes the key the translation key."""
        return any(
            isinstance(node, ast.Assign)
            and ast.unparse(node.targets[0]) == "self._attr_translation_key"
            and ast.unparse(node.value).endswith("key")
            for tree in (self._tree, *self._others)
            for node in ast.walk(tree)
        )

    def text(self, node: ast.expr, key: str) -> str:
        """Return a unique id for a key."""
        if isinstance(node, ast.Constant):
            return str(node.value)
        if isinstance(node, ast.JoinedStr):
            return "".join(self.text(part, key) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return self.text(node.value, key)
        if isinstance(node, ast.BinOp):
            return self.text(node.left, key) + self.text(node.right, key)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self._functions:
            return self.text(self._functions[node.func.id], key)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "lower":
            return self.text(node.func.value, key).lower()
        written = ast.unparse(node)
        known = self.value(node)
        if isinstance(known, str):
            return known
        return slugify(key) if written == "slug" else key if written.endswith("key") else ANY

    def value(self, node: ast.expr) -> Any:
        """Return the value of an expression that is made of constants, texts and members of enums."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                value = self.value(operand)
                return -value if isinstance(value, int | float) else _UNKNOWN
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                values = [self.value(each) for each in elements]
                return values if _UNKNOWN not in values else _UNKNOWN
            case ast.Name(id=name) if name in self._names:
                return self.value(self._names[name])
            case ast.Name(id=name):
                return getattr(const, name, _UNKNOWN)
            case ast.Attribute(value=ast.Name(id=owner), attr=member):
                return self._member(owner, member)
        return _UNKNOWN

    def _member(self, owner: str, member: str) -> Any:
        if (own := self._classes.get(owner)) is not None:
            for statement in own.body:
                if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == member:
                    return self.value(statement.value)
        for module in _ENUMS:
            value = getattr(getattr(module, owner, None), member, _UNKNOWN)
            if value is not _UNKNOWN:
                return value
        return _UNKNOWN
