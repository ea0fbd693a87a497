"""Contracts at random, good ones: each operation composed of parameters, a body, answers and security of any kind.

The same choices make the same contract, be it `random.Random(seed)` or the choices of hypothesis.
"""

from __future__ import annotations

import random

from tests.conformance.random_schemas import WORD, Json, Schemas

_WAYS: tuple[list[Json] | None, ...] = (
    None,
    None,
    None,
    [],
    [{"token": []}],
    [{"token": ["admin"]}],
    [{"key": []}, {"login": []}],
    [{"token": [], "key": []}],
    [{}, {"token": []}],
    [{"oauth": ["read"]}],
)
_SCHEMES: Json = {
    "token": {"type": "http", "scheme": "bearer"},
    "login": {"type": "http", "scheme": "basic"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "oauth": {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": "https://example.com/token", "scopes": {"read": "Read."}}},
    },
}
_LIST = {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "integer", "minimum": 0}}


def random_contract(choose: random.Random, operations: int, tags: int = 1) -> Json:
    """A contract of so many operations."""
    maker = _Maker(choose, tags)
    paths = dict(maker.path(number) for number in range(operations))
    problem = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Random", "version": "1"},
        "paths": paths,
        "components": {
            "securitySchemes": _SCHEMES,
            "responses": {
                "Refused": {"description": "No.", "content": {"application/problem+json": {"schema": problem}}}
            },
            "schemas": maker.components,
        },
    }


class _Maker:
    def __init__(self, choose: random.Random, tags: int) -> None:
        self._choose = choose
        self._tags = tags
        self._schemas = [Schemas(choose, f"Part{tag}") for tag in range(tags)]

    @property
    def components(self) -> Json:
        return {name: schema for each in self._schemas for name, schema in each.components.items()}

    def path(self, number: int) -> tuple[str, Json]:
        """A path with one operation."""
        tag = number % self._tags
        schemas = self._schemas[tag]
        method = self._choose.choice(("get", "get", "get", "get", "post", "put", "patch", "delete"))
        path, parameters = self._path(f"/part{tag}/op{number}", number, schemas)
        parameters += self._query(schemas)
        if self._choose.random() < 0.3:
            parameters.append({"name": "X-Mode", "in": "header", "schema": {"type": "string", "enum": ["a", "b"]}})
        if self._choose.random() < 0.2:
            parameters.append({"name": "level", "in": "cookie", "schema": {"type": "integer"}})
        operation: Json = {"operationId": f"{method}Op{number}", "tags": [f"part {tag}"]}
        if parameters:
            operation["parameters"] = parameters
        body = method in ("post", "put", "patch")
        if body:
            required = self._choose.random() < 0.8
            operation["requestBody"] = {"required": required, "content": self._content(schemas)}
        security = self._choose.choice(_WAYS)
        if security is not None:
            operation["security"] = security
        operation["responses"] = self._responses(schemas, operation, path)
        return path, {method: operation}

    def _path(self, path: str, number: int, schemas: Schemas) -> tuple[str, list[Json]]:
        """Names differ between paths: values of one operation are no values of another."""
        one, two = f"id{number}", f"other-id{number}"
        forms = ("", "", f"/{{{one}}}", f"/{{{one}}}/{{{two}}}", f"/{{{one}}}:run", f"/x.{{{one}}}/parts")
        path += self._choose.choice(forms)
        names = [name for name in (one, two) if "{" + name + "}" in path]
        return path, [{"name": name, "in": "path", "required": True, "schema": schemas.scalar()} for name in names]

    def _query(self, schemas: Schemas) -> list[Json]:
        point = {
            "type": "object", "additionalProperties": False, "required": ["x"],
            "properties": {"x": {"type": "integer"}, "y": dict(WORD)},
        }  # fmt: skip
        found: list[Json] = [
            {"name": "plain", "schema": schemas.scalar()},
            {"name": "page[size]", "schema": schemas.scalar()},
            {"name": "with-default", "schema": {"type": "integer", "minimum": 1, "maximum": 9, "default": 5}},
            {"name": "list", "schema": dict(_LIST)},
            {"name": "commas", "explode": False, "schema": dict(_LIST)},
            {"name": "pipes", "style": "pipeDelimited", "explode": False, "schema": dict(_LIST)},
            {"name": "deep", "style": "deepObject", "explode": True, "schema": point},
        ]
        chosen = self._choose.sample(found, self._choose.choice((0, 0, 1, 2, 3)))
        if self._choose.random() < 0.15:
            # Alone: beside a default Schemathesis 4.32 sends the JSON as a JSON string.
            chosen = [{"name": "json", "content": {"application/json": {"schema": point}}}]
        return [{**one, "in": "query", "required": self._choose.random() < 0.3} for one in chosen]

    def _content(self, schemas: Schemas) -> Json:
        age = {"type": "integer", "minimum": 0, "maximum": 150}
        fields = {
            "type": "object", "required": ["name", "age"], "additionalProperties": False,
            "properties": {"name": dict(WORD), "age": age},
        }  # fmt: skip
        upload = {
            "type": "object", "required": ["file", "title"],
            "properties": {"file": {"type": "string", "format": "binary"}, "title": dict(WORD)},
        }  # fmt: skip
        json: Json = {"application/json": {"schema": schemas.any(self._choose.choice((0, 1, 2)))}}
        return self._choose.choice(
            [
                json,
                json,
                json,
                {"application/json": {"schema": schemas.named(1)}},
                {"application/merge-patch+json": {"schema": schemas.named(1)}},
                {"application/x-www-form-urlencoded": {"schema": fields}},
                {"multipart/form-data": {"schema": upload}},
                {"text/plain": {"schema": dict(WORD)}},
                {"application/octet-stream": {}},
                {**json, "application/x-www-form-urlencoded": {"schema": fields}},
            ]
        )

    def _responses(self, schemas: Schemas, operation: Json, path: str) -> Json:
        json: Json = {"application/json": {"schema": schemas.any(self._choose.choice((0, 1, 2)))}}
        answer: Json = {"description": "Done.", "content": json}
        headers = {"X-Count": {"required": True, "schema": {"type": "integer"}}, "X-Word": {"schema": dict(WORD)}}
        success: Json = self._choose.choice(
            [
                {"200": answer},
                {"200": {"description": "Done.", "content": {"application/json": {"schema": schemas.named(1)}}}},
                {"200": {**answer, "headers": headers}},
                {"201": answer, "202": {"description": "Later."}},
                {
                    "200": {
                        "description": "Done.",
                        "content": {**answer["content"], "text/csv": {"schema": {"type": "string"}}},
                    }
                },
                {"200": {"description": "Bytes.", "content": {"application/octet-stream": {}}}},
                {"2XX": answer},
                {"204": {"description": "Done.", "headers": headers}},
            ]
        )
        return {**success, **self._refusals(operation, path)}

    def _refusals(self, operation: Json, path: str) -> Json:
        refused = {"$ref": "#/components/responses/Refused"}
        open_ended = self._choose.choice((None, "4XX", "default"))
        if open_ended is not None:
            return {open_ended: refused}
        statuses: list[str] = []
        if "requestBody" in operation:
            statuses += ["400", "413", "415", "422"]
        elif "parameters" in operation:
            statuses += [self._choose.choice(("400", "422"))]
        if "{" in path:
            statuses += ["404"]
        if any(operation.get("security", ())):
            statuses += ["401", "403"]
        return dict.fromkeys(statuses, refused)
