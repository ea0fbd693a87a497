"""A mock of a contract that answers in XML: one that prepares its operations must be able to prepare these, too."""

from __future__ import annotations

from pathlib import Path

import httpx

from tallystick.mock.application import MockOptions, Workshop, assemble
from tests.tallystick.spec.reading import HEAD

SCHEMA = "{type: object, required: [a], properties: {a: {type: string, enum: [b]}}, xml: {name: thing}}"
CONTRACT = (
    HEAD
    + "paths: {/a: {get: {operationId: readA, responses: {'200': {description: ok, content: {application/xml: "
    + f"{{schema: {SCHEMA}}}}}}}}}}}}}}}\n"
)


async def test_it_starts_and_answers(tmp_path: Path, workshop: Workshop) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(CONTRACT)
    made = assemble(workshop.generate(path), MockOptions())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(made.app), base_url="http://mock") as client:
        answer = await client.get("/a")
    assert (answer.status_code, "<a>b</a>" in answer.text) == (200, True), answer.text
