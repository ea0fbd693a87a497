"""Contracts of any size, made by a script: what large public ones are built of, the same text for the same numbers.

python -m tests.support.big_contracts --operations 1223 --schemas 900 --tags 44 --recursive 400 > big.json
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_WORDS = re.findall(
    r"\w+",
    """
    account active alert amount archive audit balance batch billing branch budget build campaign card change
    channel charge check claim commit contact content country coupon credit currency customer delivery deploy
    detail device document domain draft event export feature field file filter folder gateway group history
    hook image import index invoice issue item job journal key label language ledger license limit line link
    list location log member message metric milestone mode module network note number object offer option
    order owner package page parcel payment period plan player point policy price process product profile
    project quote range rating reason record region release report request review role route rule sample
    schedule scope secret section segment service session share shift sign site source stage state status
    step stock store stream subject summary table target task tax team template term test text thread ticket
    time title token tool topic track transfer trigger unit update upload usage user value vendor version
    view volume wallet webhook widget window worker zone
    """,
)


@dataclass(frozen=True)
class Scale:
    """How large a contract is.

    Attributes:
        operations: how many.
        schemas: how many named ones; about as many again are written in place.
        tags: how many groups the operations fall into.
        recursive: how many of the schemas reach each other, in one strongly connected component.
        text: how many characters a description has.
        examples: whether every body comes with an example.
        seed: other numbers, another contract.
    """

    operations: int = 100
    schemas: int = 100
    tags: int = 8
    recursive: int = 20
    text: int = 60
    examples: bool = False
    seed: int = 1


def big_contract(scale: Scale) -> Json:
    """The contract as data."""
    return _Maker(scale).contract()


def ref(name: str) -> Json:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


class _Maker:
    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._random = random.Random(scale.seed)
        self._names = [self._name(number) for number in range(scale.schemas)]
        self._kinds = [self._kind(number) for number in range(scale.schemas)]

    def contract(self) -> Json:
        return {
            "openapi": "3.1.0",
            "info": {"title": "Large", "version": "1.0.0", "description": self._text()},
            "servers": [{"url": "/"}],
            "tags": [{"name": self._tag(number), "description": self._text()} for number in range(self._scale.tags)],
            "security": [{"token": []}],
            "paths": self._paths(),
            "components": {
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
                "parameters": {
                    "Limit": {
                        "name": "limit",
                        "in": "query",
                        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
                    },
                    "Page": {"name": "page", "in": "query", "schema": {"type": "string", "maxLength": 80}},
                },
                "responses": {
                    "Failed": {
                        "description": "It failed.",
                        "content": {"application/json": {"schema": ref("Failure")}},
                    }
                },
                "schemas": {**self._fixed(), **self._schemas()},
            },
        }

    def _name(self, number: int) -> str:
        first, second = divmod(number, len(_WORDS))
        words = (_WORDS[second], _WORDS[(first * 7 + second * 13 + 5) % len(_WORDS)])
        return "".join(word.capitalize() for word in words) + (str(first) if first else "")

    def _kind(self, number: int) -> str:
        """Objects mostly, in the ring too, so that no alias leads back to itself without an object between."""
        pattern = ("object", "object", "parts", "object", "enum", "union", "object", "array", "object", "map")
        kind = pattern[number % len(pattern)]
        ring = number < self._scale.recursive
        return "object" if ring and kind in ("enum", "parts") else kind

    def _text(self) -> str:
        length = self._scale.text
        words: list[str] = []
        while sum(map(len, words)) + len(words) < length:
            words.append(self._random.choice(_WORDS))
        return " ".join(words).capitalize()[:length].strip()

    def _tag(self, number: int) -> str:
        round_, place = divmod(number * 3, len(_WORDS))
        return f"{_WORDS[place]}{round_ or ''}s"

    # ------------------------------------------------------------------------------------------------- schemas

    def _fixed(self) -> Json:
        """What every contract of this size has: an error, JSON of any shape, conditions that nest."""
        return {
            "Failure": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": {"type": "integer"},
                    "message": {"type": "string"},
                    "details": {"type": "array", "items": ref("AnyValue")},
                },
            },
            "AnyValue": {
                "anyOf": [
                    {"type": "string"},
                    {"type": "number"},
                    {"type": "boolean"},
                    {"type": "array", "items": ref("AnyValue")},
                    {"type": "object", "additionalProperties": ref("AnyValue")},
                ]
            },
            "Condition": {"anyOf": [ref("Comparison"), ref("AllOf"), ref("ConditionList")]},
            "ConditionList": {"type": "array", "items": ref("Condition"), "maxItems": 50},
            "Comparison": {
                "type": "object",
                "required": ["field", "equals"],
                "properties": {"field": {"type": "string"}, "equals": ref("AnyValue")},
            },
            "AllOf": {
                "type": "object",
                "required": ["all"],
                "properties": {"all": ref("ConditionList"), "not": ref("Condition")},
            },
        }

    def _schemas(self) -> Json:
        made: Json = {}
        for number, (name, kind) in enumerate(zip(self._names, self._kinds, strict=True)):
            made[name] = {"description": self._text(), **self._schema(number, name, kind)}
        return made

    def _schema(self, number: int, name: str, kind: str) -> Json:
        match kind:
            case "enum":
                return {"type": "string", "enum": self._random.sample(_WORDS, 5)}
            case "array":
                return {"type": "array", "items": self._other(number), "maxItems": 100}
            case "map":
                return {"type": "object", "additionalProperties": self._other(number)}
            case "union":
                return self._union(number)
            case "parts":
                base = self._object_before(number)
                own = self._object(number, name)
                return {"allOf": [base, own]} if base else own
            case _:
                return self._object(number, name)

    def _union(self, number: int) -> Json:
        """Objects told apart by a tag where two are at hand, else an identifier or the object it stands for."""
        if number < self._scale.recursive:
            return {"anyOf": [{"type": "string", "maxLength": 5000}, ref(self._names[(number + 1) % self._ring])]}
        variants = [f"{self._names[number]}{word.capitalize()}" for word in ("small", "large")]
        return {
            "oneOf": [
                {
                    "title": title[len(self._names[number]) :],
                    "type": "object",
                    "required": ["kind"],
                    "properties": {"kind": {"const": title.lower()}, **self._properties(number, 3)},
                }
                for title in variants
            ],
            "discriminator": {"propertyName": "kind"},
        }

    @property
    def _ring(self) -> int:
        return max(1, self._scale.recursive)

    def _object(self, number: int, name: str) -> Json:
        properties = {"id": {"type": "string", "format": "uuid"}, **self._properties(number, 6)}
        if number < self._scale.recursive:
            properties["next"] = self._nullable(ref(self._names[(number + 1) % self._ring]))
            for place in range(2):
                other = ref(self._names[self._random.randrange(self._ring)])
                properties[f"related_{place}"] = {"type": "array", "items": other} if place else self._nullable(other)
        return {"type": "object", "title": name, "required": ["id"], "properties": properties}

    def _nullable(self, schema: Json) -> Json:
        return {"anyOf": [schema, {"type": "null"}]}

    def _properties(self, number: int, count: int) -> Json:
        names = self._random.sample(_WORDS, count)
        return {name: {**self._property(number), "description": self._text()} for name in names}

    def _property(self, number: int) -> Json:
        match self._random.randrange(14):
            case 0 | 1 | 2:
                return {"type": "string", "maxLength": self._random.choice((40, 200, 1000))}
            case 3:
                return {"type": "integer", "format": "int64", "minimum": 0}
            case 4:
                return {"type": "number"}
            case 5:
                return {"type": ["boolean", "null"]}
            case 6:
                return {"type": "string", "format": "date-time"}
            case 7:
                return {"type": "string", "enum": self._random.sample(_WORDS, 4)}
            case 8:
                return {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}, "uniqueItems": True}
            case 9:
                return {"type": "object", "properties": self._inner(), "required": ["name"]}
            case 10:
                return {"type": "array", "items": {"type": "object", "properties": self._inner()}}
            case 11:
                return {"type": "object", "additionalProperties": {"type": "string"}}
            case 12:
                return {"type": "string", "format": "uri"}
            case _:
                return self._other(number)

    def _inner(self) -> Json:
        return {"name": {"type": "string"}, "size": {"type": "integer"}, "note": {"type": ["string", "null"]}}

    def _other(self, number: int) -> Json:
        """A schema that stands before this one, mostly a near one: these references form no circle."""
        if number == 0:
            return {"type": "string"}
        near = self._random.random() < 0.7
        return ref(self._names[self._random.randrange(max(0, number - 30) if near else 0, number)])

    def _object_before(self, number: int) -> Json | None:
        found = (other for other in range(number - 1, -1, -1) if self._kinds[other] == "object")
        other = next(found, None)
        return None if other is None else ref(self._names[other])

    # ---------------------------------------------------------------------------------------------- operations

    def _paths(self) -> Json:
        paths: Json = {}
        methods = ("list", "create", "read", "replace", "delete")
        for number in range(self._scale.operations):
            resource, method = divmod(number, len(methods))
            tag = resource % self._scale.tags
            base = f"/{self._tag(tag)}/{_WORDS[resource % len(_WORDS)]}-{resource}"
            path = base if method < 2 else base + "/{id}"
            verb = ("get", "post", "get", "put", "delete")[method]
            paths.setdefault(path, {})[verb] = self._operation(methods[method], resource, tag)
        return paths

    def _operation(self, method: str, resource: int, tag: int) -> Json:
        chosen = ref(self._body_of(resource)) if self._names else {"type": "string"}
        name = f"{method}{_WORDS[resource % len(_WORDS)].capitalize()}{resource}"
        operation: Json = {
            "operationId": name,
            "tags": [self._tag(tag)],
            "summary": self._text()[:60],
            "description": self._text(),
            "parameters": self._parameters(method),
        }
        if method in ("create", "replace"):
            operation["requestBody"] = {"required": True, "content": {"application/json": self._body(chosen)}}
        operation["responses"] = {**self._answers(method, chosen), "default": {"$ref": "#/components/responses/Failed"}}
        return operation

    def _body_of(self, resource: int) -> str:
        """An object: spread over all schemas."""
        objects = [name for name, kind in zip(self._names, self._kinds, strict=True) if kind in ("object", "parts")]
        return objects[resource * 7 % len(objects)]

    def _body(self, schema: Json) -> Json:
        content: Json = {"schema": schema}
        if self._scale.examples:
            samples = [
                {"id": f"{number:08}-1234-4234-8234-123456789abc", "x-note": self._text()} for number in range(4)
            ]
            content["example"] = {"data": samples} if "properties" in schema else samples[0]
        return content

    def _parameters(self, method: str) -> list[Json]:
        if method == "list":
            return [
                {"$ref": "#/components/parameters/Limit"},
                {"$ref": "#/components/parameters/Page"},
                {"name": "sort", "in": "query", "schema": {"type": "string", "enum": ["up", "down"]}},
                {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}},
            ]
        if method == "create":
            return []
        return [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}]

    def _answers(self, method: str, chosen: Json) -> Json:
        if method == "delete":
            return {"204": {"description": "Gone."}}
        schema = chosen
        if method == "list":
            schema = {
                "type": "object",
                "required": ["data"],
                "properties": {
                    "data": {"type": "array", "items": chosen},
                    "links": {"type": "object", "properties": {"next": {"type": "string"}}},
                },
            }
        status = "201" if method == "create" else "200"
        return {status: {"description": "Done.", "content": {"application/json": self._body(schema)}}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in vars(Scale()).items():
        if isinstance(value, bool):
            parser.add_argument(f"--{name}", action="store_true")
        else:
            parser.add_argument(f"--{name}", type=int, default=value)
    sys.stdout.write(json.dumps(big_contract(Scale(**vars(parser.parse_args()))), indent=1) + "\n")


if __name__ == "__main__":
    main()
