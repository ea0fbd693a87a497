"""A JSON Schema validator beside a type, for what types cannot say: `not`, exclusive `oneOf`, `if`, `contains`, ..."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

import jsonschema_rs
from pydantic import GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from tallystick.runtime.types.building import known

T = TypeVar("T")

_PREFIX = "#/components/schemas/"
_MOST_ERRORS = 100


class Schemas:
    """Schemas by name, as JSON text; each may refer to the others by `#/components/schemas/...`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self.wanted: set[str] = set()  # the names of those that something conforms to

    @cached_property
    def _schemas(self) -> Mapping[str, Any]:
        parsed: Mapping[str, Any] = json.loads(self._text)
        return parsed

    def validator(self, name: str) -> jsonschema_rs.Draft202012Validator:
        """The validator of one schema, built on first use."""
        if name not in self._validators:
            root = {"$ref": _PREFIX + name, "components": {"schemas": self._needed(name)}}
            self._validators[name] = jsonschema_rs.Draft202012Validator(root, validate_formats=True, mask="the value")
        return self._validators[name]

    def _needed(self, name: str) -> Mapping[str, Any]:
        """The schemas that one leads to: the validator looks at each that it is given."""
        found: dict[str, Any] = {}
        pending = [name]
        while pending:
            name = pending.pop()
            if name not in self._schemas:
                return self._schemas  # written with escapes: all of them then
            if name not in found:
                found[name] = self._schemas[name]
                pending += _references(found[name])
        return found


class Conforms:
    """Annotation, and class variable of models: JSON has to conform to this schema too. Python values are trusted."""

    def __init__(self, schemas: Schemas, name: str) -> None:
        self._schemas = schemas
        self._name = name
        schemas.wanted.add(name)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def check(value: Any, validate: Callable[[Any], Any], info: core_schema.ValidationInfo[Any]) -> Any:
            return self.check(value, validate, info.mode)

        return core_schema.with_info_wrap_validator_function(check, handler(source))

    def check(self, value: Any, validate: Callable[[Any], T], mode: str) -> T:
        """What the type makes of the value, once it conforms. The type's own findings come first."""
        result = validate(value)
        validator = self._schemas.validator(self._name) if mode == "json" else None
        if validator and not validator.is_valid(value):
            raise ValidationError.from_exception_data(self._name, self._errors(validator, value), "json")
        return result

    def _errors(self, validator: jsonschema_rs.Draft202012Validator, value: Any) -> list[InitErrorDetails]:
        details: list[InitErrorDetails] = []
        for error in validator.iter_errors(value):
            keyword = str(error.schema_path[-1]) if error.schema_path else "schema"
            problem = PydanticCustomError(f"schema_{_code(keyword)}", "{message}", {"message": _short(error.message)})
            details.append(InitErrorDetails(type=problem, loc=tuple(error.instance_path), input=None))
            if len(details) == _MOST_ERRORS:
                break
        return details


def _references(schema: Any) -> Iterator[str]:
    """The names that a schema refers to, and what in its data looks like one."""
    pending = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference.startswith(_PREFIX):
                yield reference.removeprefix(_PREFIX)
            pending += node.values()
        elif isinstance(node, list):
            pending += node


def _code(keyword: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in keyword if char.isalnum())


def _short(message: str, limit: int = 300) -> str:
    printable = "".join(char if char.isprintable() else " " for char in message)
    return printable if len(printable) <= limit else f"{printable[: limit - 3]}..."


class Format:
    """Annotation: a string of a format that has no type of its own here."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._validator = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        if not self._validator.is_valid(value):
            context = {"format": self._name}
            raise PydanticCustomError("invalid_format", "Input should be in the format {format}", context)
        return value


class Default:
    """A default that JSON text describes: made anew each time, by the type of the property."""

    def __init__(self, kind: Any, text: str) -> None:
        self._kind = kind
        self._text = text

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(known(self._kind() if callable(self._kind) else self._kind))

    def __call__(self) -> Any:
        return self._adapter.validate_json(self._text)
