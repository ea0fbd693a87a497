"""How models that name each other are built: each class once, whatever refers to what.

Pydantic copies into the schema of a class the schemas of all that it reaches, and descends into them without limit:
four hundred classes that reach each other would be built four hundred times, if Python's stack allowed it. Here the
schema of a class holds a stand-in for every other class: pydantic-core replaces the stand-in of a finished class by
that class's own validator. What is still being built (a reference back, in a circle) is looked up when it is needed.

Judging JSON text of a request should not go through Python: `json_validator` joins the classes of circles into one
validator.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, cast, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    PydanticUndefinedAnnotation,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import CoreSchema, SchemaValidator, core_schema, to_json

from tallystick.runtime.types.core import SHARED

_CREATED = "__contract_created__"
_PARTS = "__contract_parts__"
_SHARED_WITH = "__contract_shared__"
_JSON = "__contract_json__"
_CONFIG = ("strict", "allow_inf_nan")
_LATE = "late"
_MARK = "tallystick_model"
# Of classes that are built because another one needs them; each takes about twenty frames.
_DEEPEST = 12

Model = type[BaseModel]


# Classes of circles that were referred to while they were being built.
REFERRED_BACK: set[Model] = set()


class _State(threading.local):
    """What this thread is building."""

    def __init__(self) -> None:
        self.open: list[Model] = []
        self.own: Model | None = None


_STATE = _State()


class Building:
    """While a class is being built, references to it are references back."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __enter__(self) -> None:
        _STATE.open.append(self._model)
        _STATE.own = self._model

    def __exit__(self, *_: object) -> None:
        _STATE.open.pop()
        _STATE.own = None


def is_own(model: Model) -> bool:
    """Whether the schema that is asked for is that of the class being built itself; true once."""
    if _STATE.own is not model:
        return False
    _STATE.own = None
    return True


def mark_created(model: Model) -> None:
    """The class is there; Pydantic tries to build it before that, which is too early."""
    setattr(model, _CREATED, True)


def stand_in(model: Model, handler: GetCoreSchemaHandler) -> CoreSchema:
    """What stands for a class in the schema of another one."""
    if _CREATED not in vars(model):
        raise PydanticUndefinedAnnotation(model.__name__, "built when it is first used")
    if not model.__pydantic_complete__ and model not in _STATE.open and len(_STATE.open) < _DEEPEST:
        model.model_rebuild(_parent_namespace_depth=0)
    fields = core_schema.model_fields_schema(dict(_constants(model, handler)))
    schema = core_schema.model_schema(model, fields, metadata={_MARK: model})
    if model.__pydantic_complete__:
        return schema
    REFERRED_BACK.add(model)

    def judge(value: Any, handler: core_schema.ValidatorFunctionWrapHandler, info: Any) -> Any:
        if info.mode == "python":
            return handler(value)
        text = to_json(value)
        try:
            return JsonJudge(model).check(text, context=info.context)
        except ValidationError:
            return json_validator(model).validate_json(text, context=info.context)  # for its errors

    return core_schema.with_info_wrap_validator_function(
        judge, schema, serialization=core_schema.simple_ser_schema("any"), metadata={_MARK: model, _LATE: True}
    )


def _constants(model: Model, handler: GetCoreSchemaHandler) -> Iterator[tuple[str, core_schema.ModelField]]:
    """The fields that may tell the members of a union apart."""
    for name, field in model.__pydantic_fields__.items():
        kind = field.annotation
        if get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum)):
            yield name, core_schema.model_field(handler.generate_schema(kind), validation_alias=field.alias)


def json_validator(kind: Any, config: ConfigDict | None = None) -> SchemaValidator:
    """The validator of a type for JSON text, all in Rust; `config` is that of a type that is no model."""
    if not _is_model(kind):
        adapter = _adapter(kind, config)
        parts = _parts(adapter.core_schema)
        return _joined(parts, _circle(parts), config) or cast("SchemaValidator", adapter.validator)
    if _JSON not in vars(kind):
        parts = _parts_of(kind)
        setattr(kind, _JSON, _joined(parts, _circle(parts), None) or kind.__pydantic_validator__)
    return cast("SchemaValidator", vars(kind)[_JSON])


def _adapter(kind: Any, config: ConfigDict | None) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(kind, config=config)
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":
            raise
        return TypeAdapter(kind)  # a model, and notes about it: it brings its own configuration


class Later:
    """A type that is looked up when it is first used: the module that defines it is imported then."""

    __slots__ = ("kind",)

    def __init__(self, kind: Callable[[], Any]) -> None:
        self.kind = kind


def known(kind: Any) -> Any:
    """A type, if need be looked up."""
    return kind.kind() if isinstance(kind, Later) else kind


class JsonJudge:
    """Judges JSON text by a type. Classes that form a circle share one validator, which is large.

    Attributes:
        check: gives the value of a text, or raises Pydantic's ValidationError.
        skip: how many segments stand before the places that its errors tell.
    """

    __slots__ = ("_key", "_shared", "check", "skip")

    def __init__(self, kind: Any, config: ConfigDict | None = None) -> None:
        self.skip = 0
        kind = known(kind)
        circle = _circle(_parts_of(kind)) if _is_model(kind) else None
        if circle is None or kind not in circle:
            self.check: Callable[..., Any] = json_validator(kind, config).validate_json
            return
        self.skip = 1
        self._key = _name(kind)
        self._shared = _shared(kind, circle)
        self.check = self._pick

    def _pick(self, text: str | bytes, *, context: Any = None) -> Any:
        raw = text.encode("utf-8") if isinstance(text, str) else text
        named = b'{"%b":%b}' % (self._key.encode("utf-8"), raw)
        return self._shared.validate_json(named, context=context)[self._key]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _shared(model: Model, circle: Circle) -> SchemaValidator:
    """A validator of objects with one property per class; an object with the one that is meant is judged by it."""
    if _SHARED_WITH not in vars(model):
        fields = {
            _name(each): core_schema.typed_dict_field(
                core_schema.definition_reference_schema(_name(each)), required=False
            )
            for each in circle
        }
        parts = _Parts(core_schema.typed_dict_schema(fields), [], list(circle), True)
        validator = _joined(parts, circle, None)
        for each in circle:
            if _SHARED_WITH not in vars(each):
                setattr(each, _SHARED_WITH, validator)
    return cast("SchemaValidator", vars(model)[_SHARED_WITH])


@dataclass(frozen=True, slots=True)
class _Parts:
    """A schema with references in place of stand-ins.

    Attributes:
        schema: the schema itself.
        definitions: what it defines for itself.
        models: the classes that it refers to.
        circular: whether one of them was still being built.
    """

    schema: Any
    definitions: list[Any]
    models: list[Model]
    circular: bool


Circle = Mapping[Model, _Parts]


def _parts_of(model: Model) -> _Parts:
    if _PARTS not in vars(model):
        if not model.__pydantic_complete__:
            model.model_rebuild(_parent_namespace_depth=0)
        setattr(model, _PARTS, _parts(model.__pydantic_core_schema__, _name(model)))
    return cast("_Parts", vars(model)[_PARTS])


def _parts(schema: Any, name: str | None = None) -> _Parts:
    found: dict[Model, bool] = {}
    schema = _referring(schema, found)
    definitions = schema["definitions"] if schema["type"] == "definitions" else []
    inner = schema["schema"] if schema["type"] == "definitions" else schema
    if name is not None:
        definitions = [*definitions, {**inner, "ref": name}]
        inner = core_schema.definition_reference_schema(name)
    return _Parts(inner, definitions, list(found), any(found.values()))


def _referring(node: Any, found: dict[Model, bool]) -> Any:
    if isinstance(node, dict):
        if id(node) in SHARED:
            return core_schema.definition_reference_schema(f"scalar:{id(node)}")
        metadata = node.get("metadata")
        if metadata is not None and _MARK in metadata:
            model = metadata[_MARK]
            found[model] = found.get(model, False) or _LATE in metadata
            return core_schema.definition_reference_schema(_name(model))
        return {
            key: _referring(value, found) if isinstance(value, dict | list | tuple) else value
            for key, value in node.items()
        }
    return [_referring(each, found) if isinstance(each, dict | list | tuple) else each for each in node]


def _circle(root: _Parts) -> Circle | None:
    """All classes that a type reaches; None where no circle is among them: then its validator says all already."""
    reached: dict[Model, _Parts] = {}
    pending = list(root.models)
    circular = root.circular
    while pending:
        model = pending.pop()
        if model not in reached:
            reached[model] = _parts_of(model)
            circular = circular or reached[model].circular
            pending += reached[model].models
    return reached if circular else None


def _joined(root: _Parts, circle: Circle | None, config: ConfigDict | None) -> SchemaValidator | None:
    """One validator for all that a type reaches."""
    if circle is None:
        return None
    named: dict[str, Any] = {f"scalar:{key}": {**schema, "ref": f"scalar:{key}"} for key, schema in SHARED.items()}
    for parts in (*circle.values(), root):
        named.update({each["ref"]: each for each in parts.definitions})
    known = core_schema.CoreConfig(**{key: value for key, value in (config or {}).items() if key in _CONFIG})  # type: ignore[typeddict-item]  # the keys are those of both
    return SchemaValidator(
        core_schema.definitions_schema(root.schema, list(named.values())), known, _use_prebuilt=False
    )


def _name(model: Model) -> str:
    return f"{model.__module__}.{model.__qualname__}#{id(model)}"
