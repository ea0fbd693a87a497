"""The mock admits by every kind of scheme: one that it cannot play would leave its operations out of reach."""

from __future__ import annotations

import tomllib
from pathlib import Path

import httpx
import pytest

from tallystick.mock.application import MockOptions, Workshop, assemble
from tallystick.mock.schemathesis import schemathesis_config
from tallystick.spec.reading import read_contract
from tallystick.spec.validate import validate
from tests.tallystick.spec.reading import HEAD

SCHEMES = "digest: {type: http, scheme: Digest}, tls: {type: mutualTLS}, key: {type: apiKey, in: query, name: k}"
CONTRACT = (
    HEAD
    + "paths:\n"
    + "".join(
        f"  /{name}: {{get: {{operationId: {name}, security: [{{{name}: []}}],"
        " responses: {'204': {description: ok}, '401': {description: no}}}}\n"
        for name in ("digest", "tls", "key")
    )
    + f"components: {{securitySchemes: {{{SCHEMES}}}}}\n"
)


async def test_what_is_printed_admits_and_nothing_else(tmp_path: Path, workshop: Workshop) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(CONTRACT)
    made = assemble(workshop.generate(path), MockOptions())
    shown = {one.scheme: one for one in made.credentials}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(made.app), base_url="http://mock") as client:
        for name in ("digest", "tls"):
            header = shown[name].header
            assert header is not None
            assert (await client.get(f"/{name}", headers=dict([header]))).status_code == 204
            wrong = (header[0], header[1].replace("mock-", "mick-") if name == "digest" else ":bWljaw==:")
            assert (await client.get(f"/{name}", headers=dict([wrong]))).status_code == 401
            assert (await client.get(f"/{name}")).status_code == 401
    config = tomllib.loads(schemathesis_config("http://a", made.credentials))
    assert config["headers"] == dict(one.header for one in shown.values() if one.header)
    assert list(config["auth"]["openapi"]) == ["key"]


@pytest.mark.parametrize(
    ("schemes", "warned"),
    [
        ("a: {type: http, scheme: basic}, b: {type: http, scheme: bearer}", True),
        ("a: {type: oauth2, flows: {}}, b: {type: apiKey, in: header, name: authorization}", True),
        ("a: {type: http, scheme: Bearer}, b: {type: openIdConnect, openIdConnectUrl: https://a.test}", False),
        ("a: {type: http, scheme: basic}, b: {type: apiKey, in: header, name: X-Key}", False),
    ],
)
def test_credentials_that_exclude_each_other_are_named(tmp_path: Path, schemes: str, warned: bool) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(
        f"{HEAD}security: [{{a: [], b: []}}]\npaths: {{}}\ncomponents: {{securitySchemes: {{{schemes}}}}}\n"
    )
    found = validate(read_contract(path).bundled)
    assert [(each.rule, str(each.severity)) for each in found] == [("security-impossible", "warning")] * warned
