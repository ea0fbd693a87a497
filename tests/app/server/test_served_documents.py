"""What clients download is the contract as it was bundled, through all layers of the server."""

from __future__ import annotations

from importlib.resources import files

import httpx
import pytest


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_the_document_is_the_bundle(client: httpx.AsyncClient, suffix: str, encoding: str) -> None:
    answer = await client.get(f"/openapi.{suffix}", headers={"Accept-Encoding": encoding})
    assert answer.status_code == 200
    assert answer.content == files("generated").joinpath(f"openapi.{suffix}").read_bytes()
    headers = {"Accept-Encoding": encoding, "If-None-Match": answer.headers["etag"]}
    again = await client.get(f"/openapi.{suffix}", headers=headers)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/docs", "/reference"])
async def test_a_page_keeps_its_own_content_security_policy(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.headers.get_list("content-security-policy")[0].startswith("default-src 'none'; script-src 'self';")
    assert len(page.headers.get_list("content-security-policy")) == 1


async def test_documents_refuse_other_methods_by_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.post("/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
