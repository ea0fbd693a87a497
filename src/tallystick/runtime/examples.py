"""Answers an operation that has no handler yet with the example its contract declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from tallystick.runtime.call import Call
from tallystick.runtime.gate import Gate
from tallystick.runtime.implementation import not_implemented
from tallystick.runtime.operation import Operation
from tallystick.runtime.ports import PrincipalT
from tallystick.runtime.reply import Headers, Reply, header_value
from tallystick.runtime.routing import Carry


class Examples:
    """The first example of each operation's first success, out of a bundled document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def carry(self, operation: Operation, gate: Gate[PrincipalT]) -> Carry:
        """A coroutine that admits the caller and answers with the example; 501 where there is none."""
        reply = self._reply(operation)

        async def answer(call: Call) -> Reply:
            await gate.open(call)
            if reply is None:
                raise not_implemented(operation.id)
            return reply

        return answer

    def _reply(self, operation: Operation) -> Reply | None:
        responses = self._document["paths"][operation.path][operation.method.lower()]["responses"]
        status = next((status for status in responses if status.startswith("2")), None)
        if status is None or not status.isdigit():
            return None
        response = self._follow(responses[status])
        headers = [*self._headers(response)]
        for media_type, media in response.get("content", {}).items():
            example = self._example(media)
            if example is None:
                return None
            return Reply(int(status), [(b"content-type", media_type.encode()), *headers], to_json(example))
        return Reply(int(status), headers)

    def _headers(self, response: Mapping[str, Any]) -> Headers:
        found: Headers = []
        for name, node in response.get("headers", {}).items():
            example = self._example(self._follow(node))
            if example is not None:
                found.append((name.lower().encode(), header_value(example)))
        return found

    def _example(self, node: Mapping[str, Any]) -> Any:
        """`example`, the first of `examples`, or the schema's own."""
        if "example" in node:
            return node["example"]
        for named in node.get("examples", {}).values():
            return self._follow(named).get("value")
        schema = self._follow(node.get("schema", {}))
        return next(iter(schema.get("examples", ())), schema.get("example"))

    def _follow(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            found: Any = self._document
            for token in node["$ref"].removeprefix("#/").split("/"):
                found = found[token.replace("~1", "/").replace("~0", "~")]
            node = found
        return node
