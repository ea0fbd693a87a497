"""Where the server may send to: URLs that clients chose must not reach what only the server can reach (CWE-918)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

MAX_URL = 2048
_PORTS = {"http": 80, "https": 443}
_NAT64 = IPv6Network("64:ff9b::/96")

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class DestinationRefused(Exception):
    """Nothing is sent there; the message says why."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL that may be sent to; `address` is the one that was found public: connect there, whatever DNS says then."""

    url: str
    address: str | None


async def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Destinations:
    """Which URLs may be sent to.

    Attributes:
        schemes: `http` and `https`, or one of them. Nothing else is ever sent to.
        allow_private: also send to loopback, private, link-local and other addresses that are not public, and leave the
            look-up to the transport. For receivers that the operator chose, not their users.
    """

    schemes: frozenset[str] = frozenset(_PORTS)
    allow_private: bool = False
    resolve: Resolver = resolve

    async def check(self, url: str) -> Destination:
        """The destination of a URL.

        Raises:
            DestinationRefused: it is no http(s) URL, holds credentials, or leads to an address that is not public.
        """
        host, port = self._host(url)
        if self.allow_private:
            return Destination(url, None)
        try:
            addresses = await self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise DestinationRefused(f"there is no host {host!r}: {error}") from error
        hidden = [one for one in addresses if not is_public(one)]
        if hidden or not addresses:
            raise DestinationRefused(f"{host!r} is at {', '.join(hidden) or 'no address'}, which is not public")
        return Destination(url, addresses[0])

    def _host(self, url: str) -> tuple[str, int]:
        shown = url[:100]
        # Parsers disagree on these, so that what is checked would not be what is called.
        if len(url) > MAX_URL or "\\" in url or not url.isprintable() or " " in url:
            raise DestinationRefused(f"{shown!r} is no URL")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise DestinationRefused(f"{shown!r} is no URL: {error}") from error
        if parts.scheme not in self.schemes & _PORTS.keys():
            raise DestinationRefused(f"{shown!r} is not {' or '.join(sorted(self.schemes))}")
        if not host:
            raise DestinationRefused(f"{shown!r} names no host")
        if parts.username is not None or parts.password is not None:
            raise DestinationRefused(f"the URL of {host!r} holds credentials")
        return host, port or _PORTS[parts.scheme]


def is_public(address: str) -> bool:
    """Whether an address can be reached by everybody; what an IPv6 address carries of an IPv4 one counts too."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in (found, *_carried(found)))


def _carried(address: IPv4Address | IPv6Address) -> Sequence[IPv4Address]:
    if isinstance(address, IPv4Address):
        return ()
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]
