"""Sends webhooks with httpx, which the application has to install and configure (certificates, limits, proxies)."""

from __future__ import annotations

import httpx

from tallystick.runtime.webhooks import MAX_ANSWER_BYTES, Answer, Request


class HttpxTransport:
    """A `Transport` over one client; whoever made the client closes it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, request: Request) -> Answer:
        """See `Transport`."""
        # Compressed, a small answer could fill the memory.
        headers = [*request.headers, ("accept-encoding", "identity")]
        extensions: dict[str, object] = {}
        try:
            url = httpx.URL(request.url)
            name = url.host
        except (httpx.InvalidURL, UnicodeError) as error:
            raise ConnectionError(f"no URL: {error}") from error
        if request.address is not None:
            # The address that was checked, under the name that its certificate has.
            headers.insert(0, ("host", url.netloc.decode("ascii")))
            extensions["sni_hostname"] = name
            url = url.copy_with(host=request.address)
        try:
            async with self._client.stream(
                request.method,
                url,
                headers=headers,
                content=request.body,
                follow_redirects=False,
                extensions=extensions,
            ) as response:
                body = b""
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) >= MAX_ANSWER_BYTES:
                        break
                return Answer(response.status_code, dict(response.headers), body[:MAX_ANSWER_BYTES])
        except httpx.TimeoutException as error:
            raise TimeoutError(str(error)) from error
        except httpx.HTTPError as error:
            raise ConnectionError(str(error) or type(error).__name__) from error
