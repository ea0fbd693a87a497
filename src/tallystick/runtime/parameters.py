"""Parameters of operations: found by location and style, read by kind, judged like a body."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel
from pydantic_core import from_json

from tallystick.runtime.call import Call
from tallystick.runtime.json_door import read_json
from tallystick.runtime.pointers import pointer_to
from tallystick.runtime.problems import Location, Violations
from tallystick.runtime.shapes import Shape, arrange, form_of, readings
from tallystick.runtime.sources import AlreadyReported, source, whole_form, whole_query
from tallystick.runtime.styles import Raw, Style, StyleError
from tallystick.runtime.validation import Validator, report
from tallystick.runtime.wire import WireError

T = TypeVar("T")

_DEFAULT_STYLES: Mapping[str, Style] = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}


class Parameter(Generic[T]):
    """One parameter of an operation, made once.

    Args:
        name: the name on the wire.
        location: where it stands.
        type_: what its value is validated by, in JSON.
        kind: `string`, `integer`, `number`, `boolean`, `array`, `object`, or `any` where the schema leaves it open.
        items: of an array, the kind of its items.
        properties: of an object, the kinds of its properties; an object's or array's kind may nest
            (`{"a": {"b": "integer"}, "c": "array:string"}`), `"*"` stands for properties not named.
        shape: of anything else, such as a choice of a value, a list and an object; see `Shape`.
        style: how lists and objects are serialised; by default the location's.
        explode: by default true for `form` and `cookie`.
        required: whether leaving it out is a violation.
        default: what the handler gets if it was left out.
        content: the media type of a parameter that is declared by content instead of schema.
        allow_empty_value: whether an empty value counts as left out.
        whole: whether the query as a whole is the value: an object is read as a form, others as text or JSON.
    """

    __slots__ = (
        "_base",
        "_default_changes",
        "_empty_is_absent",
        "_has_pairs",
        "_read",
        "_scalar",
        "_shape",
        "_validator",
        "_ways",
        "default",
        "location",
        "name",
        "required",
    )

    def __init__(
        self,
        name: str,
        location: Location,
        type_: Any,
        *,
        kind: str = "string",
        items: str = "string",
        properties: Mapping[str, Shape] | None = None,
        shape: Shape | None = None,
        style: Style | None = None,
        explode: bool | None = None,
        required: bool = False,
        default: T | None = None,
        content: str | None = None,
        allow_empty_value: bool = False,
        whole: bool = False,
    ) -> None:
        self.name = name
        self.location = location
        self.required = required
        self.default = default
        # Each handler gets its own: what one changes must not be the next one's default.
        self._default_changes = isinstance(default, list | dict | BaseModel)
        self._base = pointer_to(name)
        self._empty_is_absent = allow_empty_value
        self._shape = shape or _shape(kind, items, properties, content)
        self._scalar = form_of(self._shape) == "scalar"
        self._validator: Validator[T] = Validator(type_)
        style = style or _DEFAULT_STYLES[location]
        explode = style in ("form", "cookie") if explode is None else explode
        # The likeliest first; a choice that looks like several is what its schema takes.
        self._ways = _ways(name, location, self._shape, style, explode)
        if whole:
            self._ways = ((self._shape, whole_query if self._scalar else whole_form),)
        self._has_pairs = location == "query" and not (whole and self._scalar)
        self._read = self._ways[0][1]

    def prepare(self) -> None:
        """Compile its type now, not when a request first needs it."""
        self._validator.prepare()

    def decode(self, call: Call, found: Violations) -> T:
        """The value, its default if it was left out; after a violation something that must not be used."""
        if self._has_pairs:
            call.query.report("query", found)
        try:
            if len(self._ways) > 1:
                return self._choose(call, found)
            raw = self._read(call)
            if raw is None or (raw == "" and self._empty_is_absent):
                return self._absent(found)
            return self._judge(raw if self._scalar else arrange(raw, self._shape), found, self._shape)
        except StyleError as error:
            found.add(self.location, self._base, error.code, str(error))
        except WireError as error:
            found.add_malformed(self.location, self._base, "malformed", f"The value {error}.")
        except AlreadyReported:
            pass
        return cast("T", None)

    def _absent(self, found: Violations) -> T:
        if self.required:
            found.add(self.location, self._base, "missing", "This value is required.")
        return cast("T", deepcopy(self.default) if self._default_changes else self.default)

    def _choose(self, call: Call, found: Violations) -> T:
        """The first member of a choice that the schema takes; if it takes none, what is wrong with the likeliest."""
        first: Violations | None = None
        for shape, raw in self._candidates(call):
            noted = Violations()
            value = self._judge(arrange(raw, shape), noted, shape)
            if not noted.found:
                return value
            first = first or noted
        if first is None:
            return self._absent(found)
        found.found += first.found
        found.malformed = found.malformed or first.malformed
        return cast("T", None)

    def _candidates(self, call: Call) -> Sequence[tuple[Shape, Raw]]:
        """What was sent, read as each member of the choice; lists before single values if there are several items."""
        sent: list[tuple[Shape, Raw]] = []
        failed: StyleError | None = None
        for shape, read in self._ways:
            try:
                raw = read(call)
            except StyleError as error:
                failed = error
                continue
            if raw is None or (raw == "" and self._empty_is_absent):
                continue
            sent.append((shape, raw))
        if failed is not None and not sent:
            raise failed
        return sorted(sent, key=lambda one: not (isinstance(one[1], list) and len(one[1]) > 1))

    def _judge(self, raw: Raw, found: Violations, shape: Shape) -> T:
        texts = readings(raw, shape)
        text = next(texts)
        plain: Any = raw
        if shape == "json":
            if not read_json(text.encode("utf-8"), found, self.location, self._base):
                return cast("T", None)
            plain = from_json(text)
        value, errors = self._validator.errors(text)
        if errors:
            for other in texts:
                value, worse = self._validator.errors(other)
                if not worse:
                    return cast("T", value)
            report(errors, plain, found, self.location, self._base)
        return cast("T", value)


def _ways(
    name: str, location: Location, shape: Shape, style: Style, explode: bool
) -> tuple[tuple[Shape, Callable[[Call], Raw | None]], ...]:
    if not isinstance(shape, tuple):
        return ((shape, source(name, location, shape, style, explode)),)
    # Clients that know no style for a choice write its lists and objects as JSON.
    shapes = shape if location == "query" else (*shape, "json")
    return tuple((one, source(name, location, one, style, explode)) for one in shapes)


def _shape(kind: str, items: str, properties: Mapping[str, Shape] | None, content: str | None) -> Shape:
    if content is not None:
        media_type = content.partition(";")[0].strip().lower()
        return "json" if media_type == "application/json" or media_type.endswith("+json") else "string"
    if kind == "array":
        return f"array:{items}"
    return properties if kind == "object" and properties else kind


def unknown_query(call: Call, found: Violations) -> None:
    """Note every query key that a closed operation does not declare.

    A name in `Operation.query` that ends in `[` stands for all keys that begin with it (deepObject).
    """
    fields = call.query
    fields.report("query", found)
    known = call.operation.query
    for name in fields.by_name:
        if name not in known and "".join(name.partition("[")[:2]) not in known:
            found.add("query", pointer_to(name), "unknown", "The contract knows no query parameter of this name.")
