"""What every generated model inherits."""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, RootModel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from tallystick.runtime.types.building import Building, is_own, json_validator, mark_created, stand_in
from tallystick.runtime.types.schema import Conforms

T = TypeVar("T")


def _not_custom(method: T) -> T:
    """Tells Pydantic that validating JSON need not go through this `__init__`."""
    vars(method)["__pydantic_base_init__"] = True
    return method


class _Built(BaseModel):
    """A class of a contract: built when it is first used, once, and not again inside of others."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        mark_created(cls)

    @classmethod
    def model_rebuild(
        cls,
        *,
        force: bool = False,
        raise_errors: bool = True,
        _parent_namespace_depth: int = 2,
        _types_namespace: Mapping[str, Any] | None = None,
    ) -> bool | None:
        """Build the class now, if it is not built yet."""
        if cls.__pydantic_complete__ and not force:
            return None
        with Building(cls):
            return super().model_rebuild(
                force=force,
                raise_errors=raise_errors,
                _parent_namespace_depth=0,
                _types_namespace=_types_namespace,
            )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if not is_own(cls):
            return stand_in(cls, handler)
        schema = handler(source)
        model: Any = handler.resolve_ref_schema(schema)
        # Inside of the model, not around it: then pydantic-core knows the class by its own validator elsewhere.
        model["schema"] = cls._judged(model["schema"])
        cls._configure(model["config"])
        return schema

    @classmethod
    def _judged(cls, schema: CoreSchema) -> CoreSchema:
        """What judges the value beyond its type."""
        return schema

    @classmethod
    def _configure(cls, config: dict[str, Any]) -> None:
        """What Pydantic's configuration cannot say."""

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """See Pydantic."""
        return cast("Self", json_validator(cls).validate_json(json_data, **options))


class ContractModel(_Built):
    """A JSON object of the contract.

    In JSON, properties go by the contract's names only; in Python, by field names: `Item(owner_id=...)`.
    """

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        allow_inf_nan=False,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        protected_namespaces=(),
    )

    @_not_custom
    def __init__(self, /, **data: Any) -> None:
        validated = self.__pydantic_validator__.validate_python(data, self_instance=self, by_alias=False, by_name=True)
        assert validated is self

    @classmethod
    def _configure(cls, config: dict[str, Any]) -> None:
        # The type checker reads `validate_by_name` as "construct by field names"; JSON must not know these.
        config["validate_by_name"] = False


class CountedModel(ContractModel):
    """A model with `minProperties` or `maxProperties`; it keeps or refuses properties that it does not know."""

    __min_properties__: ClassVar[int | None] = None
    __max_properties__: ClassVar[int | None] = None

    @classmethod
    def _judged(cls, schema: CoreSchema) -> CoreSchema:
        least, most = cls.__min_properties__, cls.__max_properties__

        def judge(parts: tuple[Any, Any, set[str]]) -> tuple[Any, Any, set[str]]:
            count = len(parts[2])  # the names of all that was given, known or not
            if least is not None and count < least:
                message = "Object should have at least {least} properties"
                raise PydanticCustomError("too_few_properties", message, {"least": least})
            if most is not None and count > most:
                message = "Object should have at most {most} properties"
                raise PydanticCustomError("too_many_properties", message, {"most": most})
            return parts

        return core_schema.no_info_after_validator_function(judge, super()._judged(schema))


class CheckedModel(ContractModel):
    """A model whose JSON is judged by its schema too, for what fields cannot say."""

    __conforms__: ClassVar[Conforms]

    @classmethod
    def _judged(cls, schema: CoreSchema) -> CoreSchema:
        def judge(value: Any, validate: core_schema.ValidatorFunctionWrapHandler, info: Any) -> Any:
            return cls.__conforms__.check(value, validate, info.mode)

        return core_schema.with_info_wrap_validator_function(judge, super()._judged(schema))


class ContractRoot(_Built, RootModel[T], Generic[T]):
    """A schema that refers to itself and is no object: the value stands in `root`."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)
