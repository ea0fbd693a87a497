"""Fields of forms: read by name, style and kind, then judged as one object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple, TypeVar, cast

from pydantic_core import from_json

from tallystick.runtime.bodies import BodyDecoder
from tallystick.runtime.call import Call
from tallystick.runtime.json_door import read_json
from tallystick.runtime.pointers import pointer_to
from tallystick.runtime.problems import Violations
from tallystick.runtime.shapes import Shape, arrange, fitting, form_of, readings
from tallystick.runtime.sources import AlreadyReported, FieldSource, field_source
from tallystick.runtime.styles import Raw, Style, StyleError
from tallystick.runtime.validation import Validator, report
from tallystick.runtime.wire import Fields, Pair

T_co = TypeVar("T_co", covariant=True)


class _Styled(NamedTuple):
    """A field in a style of its own: how it is read, and which keys are its."""

    name: str
    ways: tuple[tuple[Shape, FieldSource], ...]
    owns: Callable[[str], bool]

    def read(self, fields: Fields) -> tuple[Shape, Raw] | None:
        """What was sent, as the member of its shape that fits; None if nothing was sent."""
        sent = [(shape, raw) for shape, read in self.ways if (raw := read(fields)) is not None]
        return max(sent, key=lambda one: not isinstance(one[1], list) or len(one[1]) > 1) if sent else None


class FormBody(BodyDecoder[T_co]):
    """`application/x-www-form-urlencoded`: every field is read by its kind, then all are judged as one object.

    Args:
        type_: what all fields together are validated by.
        fields: the shapes of the fields, as parameters have them; `json` is a text that is JSON itself. Fields not
            named are strings.
        styles: the fields in a style of their own, with style and explode, as query parameters have them.
    """

    # A form without fields.
    empty_is_value = True

    def __init__(
        self, type_: Any, fields: Mapping[str, Shape], styles: Mapping[str, tuple[Style, bool]] | None = None
    ) -> None:
        self._validator: Validator[T_co] = Validator(type_)
        self._fields = fields
        self._styled = [_styled(name, fields.get(name, "string"), *how) for name, how in (styles or {}).items()]

    async def decode(self, call: Call, found: Violations) -> T_co:
        """See `BodyDecoder`."""
        fields = Fields(await call.body())
        fields.report("body", found)
        values: dict[str, Raw] = {}
        shapes: dict[str, Shape] = {}
        unread = self._read_styled(fields, values, shapes, found)
        for name, pairs in fields.by_name.items():
            if name in unread or any(one.owns(name) for one in self._styled):
                continue
            # A field that the contract does not name may be anything: sent twice, it is a list.
            shape = self._fields.get(name) or ("string" if len(pairs) == 1 else "array")
            value = self._read(name, shape, pairs, found)
            if value is None:
                unread.add(name)
            else:
                values[name], shapes[name] = value, shape
        return self._judge(values, unread, found, shapes)

    def _read_styled(
        self, fields: Fields, values: dict[str, Raw], shapes: dict[str, Shape], found: Violations
    ) -> set[str]:
        """Fills in the fields in a style of their own; names those that could not be read."""
        unread: set[str] = set()
        for one in self._styled:
            try:
                sent = one.read(fields)
                if sent is not None:
                    shapes[one.name] = sent[0]
                    values[one.name] = arrange(sent[1], sent[0])
            except StyleError as error:
                found.add("body", pointer_to(one.name), error.code, str(error))
                unread.add(one.name)
            except AlreadyReported:
                unread.add(one.name)
        return unread

    def _read(self, name: str, shape: Shape, pairs: Sequence[Pair], found: Violations) -> Raw | None:
        """The field in the form of its kind; None if it cannot be read, which is noted."""
        texts = [pair.text for pair in pairs if pair.text is not None]
        return self._arrange(name, shape, texts, found) if len(texts) == len(pairs) else None

    def _arrange(self, name: str, shape: Shape, texts: Sequence[str], found: Violations) -> Raw | None:
        for text in texts:
            if _is_json(text, shape) and not read_json(text.encode("utf-8"), found, "body", pointer_to(name)):
                return None
        try:
            return arrange(texts[0] if len(texts) == 1 else list(texts), shape)
        except StyleError as error:
            found.add("body", pointer_to(name), error.code, str(error))
            return None

    def _judge(
        self,
        values: Mapping[str, Raw],
        unread: Set[str],
        found: Violations,
        shapes: Mapping[str, Shape],
        context: object = None,
    ) -> T_co:
        texts = self._readings(values, shapes)
        text = next(texts)
        value, errors = self._validator.errors(text, context)
        if errors:
            for other in texts:
                value, worse = self._validator.errors(other, context)
                if not worse:
                    return cast("T_co", value)
            # What could not be read is not missing.
            errors = [error for error in errors if not (error["loc"] and error["loc"][0] in unread)]
            report(errors, from_json(text), found, "body", "")
        return cast("T_co", value)

    def _readings(self, values: Mapping[str, Raw], shapes: Mapping[str, Shape]) -> Iterator[str]:
        return readings({**values}, {"*": "string", **shapes})


def _is_json(text: str, shape: Shape) -> bool:
    chosen = fitting(text, shape) if isinstance(shape, tuple) else shape
    return chosen in ("json", "array:json")


def _styled(name: str, shape: Shape, style: Style, explode: bool) -> _Styled:
    shapes = shape if isinstance(shape, tuple) else (shape,)
    ways = tuple((one, field_source(name, one, style, explode)) for one in shapes)
    spread = {
        key
        for one in shapes
        if explode and style != "deepObject" and form_of(one) == "object" and isinstance(one, Mapping)
        for key in one
    }
    prefix = f"{name}["
    deep = style == "deepObject"
    return _Styled(name, ways, lambda key: key == name or key in spread or (deep and key.startswith(prefix)))
