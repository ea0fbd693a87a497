"""Links of answers, as entries of the operation table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from tallystick.spec.model import Contract, Operation
from tallystick.spec.pointers import look_up


def link_entries(operation: Operation, contract: Contract) -> Iterator[str]:
    """One expression for each link, in the order of the answers."""
    for status, response in operation.node.get("responses", {}).items():
        for name, link in (response.get("links") or {}).items() if not status.startswith("x-") else ():
            target = _target(link, contract)
            if target is None:
                continue
            parameters = dict(link.get("parameters") or {})
            arguments = [repr(status), repr(name), repr(target), repr(parameters)]
            arguments += [f"body={link['requestBody']!r}"] if "requestBody" in link else []
            yield f"Link({', '.join(arguments)})"


def _target(link: Mapping[str, Any], contract: Contract) -> str | None:
    """The operationId; None for an operation of another contract."""
    if "operationId" in link:
        return str(link["operationId"])
    reference = str(link.get("operationRef", ""))
    if not reference.startswith("#"):
        return None
    return str(look_up(contract.document, unquote(reference[1:]))["operationId"])
