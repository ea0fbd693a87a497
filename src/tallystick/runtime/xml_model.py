"""XML that the contract describes by a schema: read into the JSON that the schema means, then judged as JSON is."""

from __future__ import annotations

from collections.abc import Mapping, Set
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from pydantic_core import from_json

from tallystick.runtime.bodies import BodyDecoder
from tallystick.runtime.call import Call
from tallystick.runtime.pointers import pointer_to
from tallystick.runtime.problems import Violations
from tallystick.runtime.shapes import to_json
from tallystick.runtime.validation import Validator, report
from tallystick.runtime.xml_door import XmlElement, XmlError, local_name, read_xml

T_co = TypeVar("T_co", covariant=True)

# Name in XML (`{namespace}prefix:local` where the contract gives a namespace, which then has to be that); `element`,
# `attribute`, `repeated` (an array without an element of its own), `required` (the same, where none at all is an empty
# array) or `wrapped`; shape of the value or of an array's items: a kind, or `#` and the name of an object; name of a
# wrapped array's items.
Property: TypeAlias = tuple[str, str, str, str]
# Properties of each object by the contract's names; "*" stands for all others.
Objects: TypeAlias = Mapping[str, Mapping[str, Property]]

_UNKNOWN = "The contract knows no value of this name and namespace here."
_ARRAYS = ("repeated", "required")


class _Known(NamedTuple):
    name: str
    how: str
    shape: str
    item: str


def wire_name(name: str) -> str:
    """A name of the contract as readers compare it: without its prefix."""
    namespace, brace, rest = name.rpartition("}")
    return namespace + brace + rest.rpartition(":")[2]


class _Object:
    """What stands in one kind of element."""

    def __init__(self, properties: Mapping[str, Property]) -> None:
        known = {name: _Known(name, how, shape, wire_name(item)) for name, (_, how, shape, item) in properties.items()}
        names = {name: wire_name(one[0]) for name, one in properties.items()}
        self.elements = {names[name]: one for name, one in known.items() if one.how != "attribute"}
        self.attributes = {names[name]: one for name, one in known.items() if one.how == "attribute"}
        # An element or attribute of another vocabulary never stands for one of these.
        self.names = known.keys() & {local_name(name) for name in names.values()}
        self.empty = [one.name for one in known.values() if one.how == "required"]
        self._other = self.elements.pop("*", None)

    def named(self, element: str) -> _Known | None:
        """What an element stands for; None if the contract does not say."""
        local = local_name(element)
        found = self.elements.get(element) or self.elements.get(local)
        return found or (self._other and self._other._replace(name=local))

    def attribute(self, name: str) -> _Known | None:
        """What an attribute stands for; None if it is called like a property, but is another."""
        local = local_name(name)
        found = self.attributes.get(name) or self.attributes.get(local)
        return found or (None if local in self.names else _Known(local, "attribute", "string", ""))


class XmlModelBody(BodyDecoder[T_co]):
    """`application/xml` and every `+xml` with a schema; namespaces count where the contract gives them.

    Args:
        type_: what the body is validated by, as JSON.
        root: the root element as if it were a property; an empty name is any.
        objects: see `Objects`.
    """

    def __init__(self, type_: Any, root: Property, objects: Objects) -> None:
        self._validator: Validator[T_co] = Validator(type_)
        self._root = root
        self._objects = {name: _Object(properties) for name, properties in objects.items()}

    async def is_absent(self, call: Call) -> bool:
        """See `XmlBody`."""
        return not call.media_type and await super().is_absent(call)

    async def decode(self, call: Call, found: Violations) -> T_co:
        """See `BodyDecoder`."""
        try:
            element = read_xml(await call.body())
        except XmlError as error:
            found.add_malformed("body", "", "malformed", str(error))
            return cast("T_co", None)
        name, how, shape, item = self._root
        if name and wire_name(name) not in (element.name, element.local):
            found.add("body", "", "unknown", f"The root element must be {wire_name(name)}.")
            return cast("T_co", None)
        before = len(found.found)
        text = self._value(element, _Known("", how, shape, wire_name(item)), "", found)
        value, errors = self._validator.errors(text)
        if errors and len(found.found) == before:
            report(errors, from_json(text), found, "body", "")
        return cast("T_co", value)

    def _value(self, element: XmlElement, known: _Known, pointer: str, found: Violations) -> str:
        if element.is_nil:
            return "null"
        if known.how == "wrapped":
            one = known._replace(how="element")
            if element.text.strip():
                found.add("body", pointer, "array_type", "The element must have no text of its own.")
            for child in element.children:
                if known.item not in (child.name, child.local):
                    found.add("body", pointer, "unknown", f"The elements here must be {known.item}.")
            return f"[{','.join(self._value(child, one, pointer, found) for child in element.children)}]"
        if known.shape.startswith("#"):
            return self._members(element, self._objects[known.shape[1:]], pointer, found)
        if element.children:
            return _free(element)
        return to_json(element.text if known.shape == "string" else element.text.strip(), known.shape)

    def _members(self, element: XmlElement, plan: _Object, pointer: str, found: Violations) -> str:
        members: dict[str, list[str]] = {}
        lists: set[str] = set(plan.empty)
        for name, text in element.attributes.items():
            own = plan.attribute(name)
            if own is None:
                found.add("body", pointer + pointer_to(local_name(name)), "unknown", _UNKNOWN)
                continue
            members.setdefault(own.name, []).append(to_json(text, own.shape))
        for child in element.children:
            known = plan.named(child.name)
            if known is None and child.local in plan.names:
                found.add("body", pointer + pointer_to(child.local), "unknown", _UNKNOWN)
                continue
            if known is None:
                members.setdefault(child.local, []).append(_free(child))
                continue
            where = pointer + pointer_to(known.name)
            if known.how in _ARRAYS:
                lists.add(known.name)
            elif known.name in members:
                found.add("body", where, "repeated", "This value was sent more than once.")
            members.setdefault(known.name, []).append(self._value(child, known, where, found))
        if element.text.strip():
            found.add("body", pointer, "object_type", "The element must have no text of its own.")
        for name in plan.empty:
            members.setdefault(name, [])
        return _object(members, lists)


def _free(element: XmlElement) -> str:
    """An element of which the contract says nothing: text, or an object in which what repeats is an array."""
    if not element.children:
        return quoted(element.text)
    members: dict[str, list[str]] = {}
    for child in element.children:
        members.setdefault(child.local, []).append(_free(child))
    return _object(members, set())


def _object(members: Mapping[str, list[str]], lists: Set[str]) -> str:
    written = {
        name: f"[{','.join(each)}]" if name in lists or len(each) > 1 else each[0] for name, each in members.items()
    }
    return f"{{{','.join(f'{quoted(name)}:{value}' for name, value in written.items())}}}"
