"""What every generated model inherits."""

from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

T = TypeVar("T")


def _not_custom(method: T) -> T:
    """Tells Pydantic that validating JSON need not go through this `__init__`."""
    vars(method)["__pydantic_base_init__"] = True
    return method


class ContractModel(BaseModel):
    """A JSON object of the contract.

    In JSON, properties go by the contract's names only; in Python, by field names: `Item(owner_id=...)`. A subclass
    states `minProperties` and `maxProperties` by class variables.
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
    __min_properties__: ClassVar[int | None] = None
    __max_properties__: ClassVar[int | None] = None

    @_not_custom
    def __init__(self, /, **data: Any) -> None:
        validated = self.__pydantic_validator__.validate_python(data, self_instance=self, by_alias=False, by_name=True)
        assert validated is self

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: dict[str, Any] = dict(handler(source))
        # The type checker reads `validate_by_name` as "construct by field names"; JSON must not know these.
        schema["config"] = {**schema["config"], "validate_by_name": False}
        if cls.__min_properties__ is None and cls.__max_properties__ is None:
            return schema
        return core_schema.no_info_after_validator_function(_count_properties, schema)


def _count_properties(model: ContractModel) -> ContractModel:
    count = len(model.model_fields_set) + len(model.model_extra or ())
    least, most = model.__min_properties__, model.__max_properties__
    if least is not None and count < least:
        raise PydanticCustomError(
            "too_few_properties", "Object should have at least {least} properties", {"least": least}
        )
    if most is not None and count > most:
        raise PydanticCustomError("too_many_properties", "Object should have at most {most} properties", {"most": most})
    return model
