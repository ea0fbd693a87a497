"""Parameters and headers: what stands beside the body, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tallystick.checks.diff.changes import Side, Spot
from tallystick.checks.diff.content import compare_content, essence
from tallystick.checks.diff.kinds import canonical
from tallystick.checks.diff.notes import compare_lifetime, compare_notes, is_gone_by_now
from tallystick.checks.diff.recorder import Scene
from tallystick.checks.diff.resolving import mapping
from tallystick.checks.diff.values import formats, patterns
from tallystick.checks.diff.views import View
from tallystick.spec.model import DEFAULT_STYLES

_KNOWN = frozenset(
    {
        *("name", "in", "required", "schema", "content", "style", "explode", "allowReserved", "allowEmptyValue"),
        *("deprecated", "description", "example", "examples", "$ref", "summary", "x-sunset", "x-missing-status"),
    }
)
_TEXTS = ("description", "summary", "example", "examples")
_SCALARS = frozenset({"integer", "fraction", "boolean", "null"})


@dataclass(frozen=True, eq=False)
class Field:
    """A parameter or header, its references followed."""

    node: dict[str, Any]
    name: str
    location: str

    @property
    def required(self) -> bool:
        return self.node.get("required") is True or self.location == "path"

    @property
    def style(self) -> tuple[str, bool]:
        style = str(self.node.get("style", DEFAULT_STYLES.get(self.location, "simple")))
        return style, bool(self.node.get("explode", style in ("form", "cookie")))

    @property
    def title(self) -> str:
        return f"{self.location} {self.name}"

    @property
    def schema(self) -> Any:
        return self.node.get("schema", True)

    def spot(self, key: str) -> Spot:
        return Spot(self.node, key if key in self.node else None)

    @property
    def home(self) -> Spot:
        return Spot(self.node)


Fields = dict[tuple[str, str], Field]
Refusal = Callable[[Field], bool]


def compare_fields(scene: Scene, side: Side, old: Fields, new: Fields, homes: tuple[Spot, Spot], closed: bool) -> None:
    """All fields of one operation or answer; `closed` says whether unknown query parameters are refused now."""
    for key, field in old.items():
        if key in new:
            _compare(scene.at(new[key].title), side, field, new[key])
        elif side is Side.REQUEST:
            added = [each for other, each in new.items() if other not in old]
            _removed_from_sent(scene, field, added, homes[1], closed)
        elif is_gone_by_now(field.node):
            scene.tell("response-property-removed-after-sunset", f"{field.title} removed", field.home, homes[1])
        else:
            word = "required" if field.required else "optional"
            scene.tell(f"response-header-removed-{word}", f"{field.title} removed", field.home, homes[1])
    for key, field in new.items():
        if key not in old:
            rule = "request-parameter-added" if side is Side.REQUEST else "response-header-added"
            required = side is Side.REQUEST and field.required
            message = f"{field.title} added" + (", and it is required" if required else "")
            scene.tell(f"{rule}-required" if required else rule, message, homes[0], field.home)


def _removed_from_sent(scene: Scene, field: Field, added: list[Field], home: Spot, closed: bool) -> None:
    moved = next((each for each in added if each.name.lower() == field.name.lower()), None)
    if is_gone_by_now(field.node):
        scene.tell("request-parameter-removed-after-sunset", f"{field.title} removed", field.home, home)
    elif moved:
        message = f"{field.name} moved from {field.location} to {moved.location}"
        scene.tell("request-parameter-moved", message, field.home, moved.home)
    elif closed and field.location == "query":
        scene.tell("request-parameter-removed-refused", f"{field.title} removed", field.home, home)
    else:
        scene.tell("request-parameter-removed-ignored", f"{field.title} removed", field.home, home)


def _compare(scene: Scene, side: Side, old: Field, new: Field) -> None:
    if old.required != new.required:
        word = "required" if new.required else "optional"
        kind = "request-parameter" if side is Side.REQUEST else "response-header"
        scene.tell(f"{kind}-became-{word}", f"became {word}", old.spot("required"), new.spot("required"))
    if side is Side.REQUEST:
        _compare_freedom(scene, old, new)
    _compare_values(scene, side, old, new)
    compare_lifetime(scene, "parameter", (old.node,), (new.node,))
    compare_notes(scene, old.node, new.node, _TEXTS, _KNOWN)


def _compare_freedom(scene: Scene, old: Field, new: Field) -> None:
    for key, word in (("allowEmptyValue", "empty"), ("allowReserved", "reserved")):
        was, is_now = (each.node.get(key) is True for each in (old, new))
        if was != is_now:
            effect = "allowed" if is_now else "refused"
            message = f"{key} {str(was).lower()} -> {str(is_now).lower()}"
            scene.tell(f"request-parameter-{word}-{effect}", message, old.spot(key), new.spot(key))
    key = "x-missing-status"
    if old.node.get(key) != new.node.get(key):
        message = f"{key} {old.node.get(key, 'none')} -> {new.node.get(key, 'none')}"
        scene.tell("missing-status-changed", message, old.spot(key), new.spot(key))


def _compare_values(scene: Scene, side: Side, old: Field, new: Field) -> None:
    kind = "request-parameter" if side is Side.REQUEST else "response-header"
    contents = mapping(old.node.get("content")), mapping(new.node.get("content"))
    if bool(contents[0]) != bool(contents[1]) or set(map(essence, contents[0])) != set(map(essence, contents[1])):
        scene.tell(f"{kind}-content-changed", "written in another format", old.spot("content"), new.spot("content"))
        return
    if contents[0]:
        compare_content(scene, side, *contents, (old.home, new.home))
        return
    views = scene.graph.old.view(old.schema), scene.graph.new.view(new.schema)
    if _style_matters(old, new, *views):
        styles = [f"{each.style[0]}{', exploded' if each.style[1] else ''}" for each in (old, new)]
        message = f"style {styles[0]} -> {styles[1]}"
        scene.tell(f"{kind}-style-changed", message, old.spot("style"), new.spot("style"))
    _compare_default(scene, side, old, new, *views)
    if not _is_only_read_as_text(scene, side, old, new, *views):
        scene.schemas(old.schema, new.schema, side, old.home, new.home)


def _style_matters(old: Field, new: Field, before: View, after: View) -> bool:
    if old.style == new.style:
        return False
    is_compound = any(each.types & {"array", "object"} for each in (before, after))
    return is_compound or (old.style[0] != new.style[0] and old.location == "path")


def _is_only_read_as_text(scene: Scene, side: Side, old: Field, new: Field, before: View, after: View) -> bool:
    """Everything is text on the wire: whoever takes any text takes numbers, and whoever takes many takes one."""
    first, second = (before, after) if side is Side.REQUEST else (after, before)
    if first.types == second.types:
        return False
    spots = old.spot("schema"), new.spot("schema")
    if _is_any_text(second) and first.types & _SCALARS and first.types <= _SCALARS | {"string"}:
        effect = "widened" if side is Side.REQUEST else "narrowed"
        scene.tell(f"{side}-type-{effect}", "the text of a scalar became any text", *spots)
        return True
    one, many = (before, after) if side is Side.REQUEST else (after, before)
    exploded = (new if side is Side.REQUEST else old).style == ("form", True)
    if many.types == {"array"} and not one.types & {"array", "object"} and exploded and not many.unions:
        least = max((each for each in many.values("minItems") if isinstance(each, int)), default=0)
        if least <= 1 and not many.values("contains"):
            effect = "widened" if side is Side.REQUEST else "narrowed"
            scene.tell(f"{side}-type-{effect}", "one value became a list of values", *spots)
            element = many.element(None)
            if _is_any_text(element):
                return True
            views = (one, element) if side is Side.REQUEST else (element, one)
            node = scene.graph.compare(*views, side, old.home, new.home)
            scene.recorder.schemas(scene.operation, scene.place, node)
            return True
    return False


def _is_any_text(view: View) -> bool:
    limits = ("minLength", "maxLength", "not", "if")
    bounded = view.enum is not None or formats(view) or patterns(view) or any(map(view.values, limits))
    return "string" in view.types and not bounded and not view.unions


def _compare_default(scene: Scene, side: Side, old: Field, new: Field, before: View, after: View) -> None:
    had, has = (any("default" in note for note in each.notes) for each in (before, after))
    values = canonical(before.note("default")), canonical(after.note("default"))
    if side is Side.REQUEST and (had != has or values[0] != values[1]):
        texts = [value if present else "none" for value, present in zip(values, (had, has), strict=True)]
        message = f"default {texts[0]} -> {texts[1]}"
        # Where it has to be sent, nobody ever reads a default.
        rule = "idle-keyword-changed" if old.required and new.required else "request-parameter-default-changed"
        scene.tell(rule, message, old.spot("schema"), new.spot("schema"))
