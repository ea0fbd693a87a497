"""Where webhooks may go: a hole here lets every client read what only the server can reach."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tallystick.runtime.destinations import DestinationRefused, Destinations, is_public


def at(*addresses: str) -> Destinations:
    """Destinations in a world where every host has these addresses."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return Destinations(resolve=resolve)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::"),
        *("2001:0:4136:e378:8000:63bf:80ff:fffe", "no address", ""),
    ],
)
async def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(DestinationRefused, match="not public"):
        await at(address).check("https://a.test/")


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
async def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)
    assert (await at(address).check("https://a.test/x?y")).address == address


async def test_one_hidden_address_among_public_ones_is_enough() -> None:
    """Otherwise the next look-up might give that one."""
    with pytest.raises(DestinationRefused):
        await at("8.8.8.8", "127.0.0.1").check("https://a.test/")
    with pytest.raises(DestinationRefused):
        await at().check("https://a.test/")


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f.1", "2130706433", "[::1]", "0"])
async def test_other_spellings_of_this_machine(host: str) -> None:
    with pytest.raises(DestinationRefused):
        await Destinations().check(f"http://{host}/")


async def test_private_addresses_where_the_operator_allows_them() -> None:
    found = await Destinations(allow_private=True).check("http://10.0.0.1:8080/x")
    assert (found.url, found.address) == ("http://10.0.0.1:8080/x", None)
    with pytest.raises(DestinationRefused):
        await Destinations(allow_private=True).check("gopher://10.0.0.1/")


async def test_https_only_where_the_operator_wants_it() -> None:
    strict = Destinations(schemes=frozenset({"https"}), allow_private=True)
    with pytest.raises(DestinationRefused, match="is not https"):
        await strict.check("http://a.test/")
    assert (await strict.check("HTTPS://a.test/")).url == "HTTPS://a.test/"


async def test_a_host_that_is_not_there() -> None:
    async def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError("unknown")

    with pytest.raises(DestinationRefused, match="there is no host"):
        await Destinations(resolve=nowhere).check("https://a.test/")
