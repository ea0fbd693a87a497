"""Python names of models, their fields and their values: no two alike in one scope, whatever a contract says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from tallystick.spec.names import class_name, field_name, member_name, told_apart

# What the module imports, and what every model has: no class or field takes these names.
_MODULE_NAMES = frozenset(
    {
        *("Annotated", "Any", "ClassVar", "ConfigDict", "Decimal", "Field", "Literal", "Never", "StrEnum"),
        *("TypeAlias", "UUID"),
        # What stands beside models in handlers, routers and answers.
        *("ABC", "Answer", "BinaryBody", "Bodies", "Call", "Endpoint", "FormBody", "Generic", "JsonBody", "JsonType"),
        *(
            "AsyncIterable",
            "AsyncIterator",
            "LinesBody",
            "MultipartBody",
            "Parameter",
            "PartRules",
            "PartsBody",
            "PrincipalT",
            "RangedSource",
            "Reply",
            "Runtime",
            "Sequence",
            "ServerSentComment",
            "ServerSentEvent",
            "StreamBody",
            "TextBody",
            "XmlBody",
            "XmlType",
            "XmlModelBody",
        ),
    }
)
_FIELD_NAMES = frozenset({"types", *(name for name in dir(BaseModel) if not name.startswith("_"))})


def class_names(schemas: Iterable[str]) -> dict[str, str]:
    """The classes and aliases of components."""
    return told_apart(schemas, _class_name)


def _class_name(name: str) -> str:
    result = class_name(name)
    return f"{result}_" if result in _MODULE_NAMES else result


def member_names(values: Iterable[str]) -> dict[str, str]:
    """The members of an enumeration."""
    return told_apart(values, member_name)


class FieldNames:
    """The fields of properties; names that models and their module use are kept free."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._taken = _FIELD_NAMES | set(names.values())

    def of(self, properties: Iterable[str]) -> dict[str, str]:
        """The fields of one class by the contract's names of its properties."""
        return told_apart(properties, lambda key: field_name(key, reserved=self._taken))
