"""Believes what trusted proxies say about the client, and only them."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]


class TrustedProxies:
    """Sets client, scheme, host and `root_path` of the scope from X-Forwarded-For, -Proto, -Host and -Prefix.

    The headers count only if the peer itself is a trusted proxy; from X-Forwarded-For the last address counts that
    is not one. Afterwards the path begins with `root_path`, whether the proxy cut the prefix off or not.
    """

    def __init__(self, app: ASGIApp, networks: Iterable[str] = (), root_path: str = "") -> None:
        self._app = app
        self._networks = tuple(ip_network(network) for network in networks)
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            root_path = self._root_path
            client = scope.get("client")
            if self._networks and client and self._is_trusted(client[0]):
                root_path = self._believe(scope) + root_path
            if root_path:
                _mount(scope, root_path)
        await self._app(scope, receive, send)

    def _believe(self, scope: Scope) -> str:
        """Take over what the proxy says; the prefix it has cut off."""
        found = _forwarded(scope["headers"])
        if addresses := found.get(b"x-forwarded-for"):
            scope["client"] = (self._client(addresses, scope["client"][0]), 0)
        if (scheme := _last(found, b"x-forwarded-proto")) in ("http", "https"):
            secure = scheme == "https"
            scope["scheme"] = scheme if scope["type"] == "http" else ("wss" if secure else "ws")
        if host := _last(found, b"x-forwarded-host"):
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope["headers"] = [(b"host", host.encode("latin-1")), *others]
        prefix = _last(found, b"x-forwarded-prefix").rstrip("/")
        return prefix if prefix.startswith("/") and not prefix.startswith("//") else ""

    def _client(self, addresses: list[str], peer: str) -> str:
        client = peer
        for text in reversed(addresses):
            address = _address(text)
            if address is None:
                break
            client = str(address)
            if not self._is_trusted(client):
                break
        return client

    def _is_trusted(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(_contains(network, address) for network in self._networks)


def _contains(network: IPv4Network | IPv6Network, address: IPv4Address | IPv6Address) -> bool:
    return address.version == network.version and address in network


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: maybe with a port, an IPv6 one then in brackets."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _forwarded(headers: Headers) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = {}
    for name, value in headers:
        if name.startswith(b"x-forwarded-"):
            parts = (part.strip() for part in value.decode("latin-1").split(","))
            found.setdefault(name, []).extend(part for part in parts if part)
    return found


def _last(found: dict[bytes, list[str]], name: bytes) -> str:
    values = found.get(name)
    return values[-1] if values else ""


def _mount(scope: Scope, root_path: str) -> None:
    scope["root_path"] = root_path
    path: str = scope["path"]
    if path != root_path and not path.startswith(root_path + "/"):
        scope["path"] = root_path + path
        if scope.get("raw_path") is not None:
            scope["raw_path"] = root_path.encode("utf-8") + scope["raw_path"]
