"""What every generated model inherits."""

from typing import Any, ClassVar, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    ModelWrapValidatorHandler,
    RootModel,
    ValidationInfo,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from tallystick.runtime.types.schema import Conforms

T = TypeVar("T")


def _not_custom(method: T) -> T:
    """Tells Pydantic that validating JSON need not go through this `__init__`."""
    vars(method)["__pydantic_base_init__"] = True
    return method


class ContractModel(BaseModel):
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
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        model: Any = handler.resolve_ref_schema(schema)
        while model["type"] != "model":
            model = model["schema"]
        # The type checker reads `validate_by_name` as "construct by field names"; JSON must not know these.
        model["config"] = {**model["config"], "validate_by_name": False}
        return schema


class CountedModel(ContractModel):
    """A model with `minProperties` or `maxProperties`; it keeps or refuses properties that it does not know."""

    __min_properties__: ClassVar[int | None] = None
    __max_properties__: ClassVar[int | None] = None

    @model_validator(mode="after")
    def _count_properties(self) -> Self:
        count = len(self.model_fields_set)  # properties that the model does not know are among them
        least, most = self.__min_properties__, self.__max_properties__
        if least is not None and count < least:
            message = "Object should have at least {least} properties"
            raise PydanticCustomError("too_few_properties", message, {"least": least})
        if most is not None and count > most:
            message = "Object should have at most {most} properties"
            raise PydanticCustomError("too_many_properties", message, {"most": most})
        return self


class CheckedModel(ContractModel):
    """A model whose JSON is judged by its schema too, for what fields cannot say."""

    __conforms__: ClassVar[Conforms]

    @model_validator(mode="wrap")
    @classmethod
    def _check_schema(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        return cls.__conforms__.check(value, handler, info.mode)


class ContractRoot(RootModel[T]):
    """A schema that refers to itself and is no object: the value stands in `root`."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)
