"""Where the operations are: the addresses that clients were given."""

from __future__ import annotations

from typing import Any

from tallystick.checks.diff.changes import Spot
from tallystick.checks.diff.recorder import Scene
from tallystick.checks.diff.resolving import items, mapping

_DEFAULT = {"url": "/"}


def servers_of(holders: tuple[dict[str, Any], ...]) -> tuple[list[dict[str, Any]], Spot]:
    """The servers in force, the holders from the inside out, and where they are written."""
    holder = next((each for each in holders if items(each.get("servers"))), None)
    if holder is None:
        return [_DEFAULT], Spot(holders[-1])
    return [each for each in items(holder["servers"]) if isinstance(each, dict)], Spot(holder, "servers")


def compare_servers(scene: Scene, old: tuple[dict[str, Any], ...], new: tuple[dict[str, Any], ...]) -> None:
    """One operation."""
    (before, old_spot), (after, new_spot) = servers_of(old), servers_of(new)
    old_urls, new_urls = ({_url(each): each for each in servers} for servers in (before, after))
    for url, server in old_urls.items():
        spot = Spot(server) if server is not _DEFAULT else old_spot
        if url not in new_urls:
            scene.tell("server-removed", f"{server.get('url')} removed", spot, new_spot)
        else:
            _compare_variables(scene, mapping(server.get("variables")), mapping(new_urls[url].get("variables")))
    for url, server in new_urls.items():
        if url not in old_urls:
            spot = Spot(server) if server is not _DEFAULT else new_spot
            scene.tell("server-added", f"{server.get('url')} added", old_spot, spot)
    common = [url for url in old_urls if url in new_urls]
    first = next(iter(new_urls), None)
    if common and (
        common != [url for url in new_urls if url in old_urls] or next(iter(old_urls)) == common[0] != first
    ):
        scene.tell("server-order-changed", f"the first server is {first or '/'} now", old_spot, new_spot)


def _url(server: dict[str, Any]) -> str:
    return str(server.get("url", "/")).rstrip("/")


def _compare_variables(scene: Scene, old: dict[str, Any], new: dict[str, Any]) -> None:
    for name, variable in old.items():
        if name not in new:
            continue
        before, after = mapping(variable), mapping(new[name])
        spots = Spot(before), Spot(after)
        if before.get("default") != after.get("default"):
            message = f"{name}: default {before.get('default')} -> {after.get('default')}"
            scene.tell("server-variable-changed", message, *spots)
        values, now = items(before.get("enum")), items(after.get("enum"))
        lost = [str(each) for each in values if each not in now] if now else []
        gained = [str(each) for each in now if each not in values] if values else []
        if not values and now:
            scene.tell("server-variable-value-removed", f"{name}: only {', '.join(map(str, now))} now", *spots)
        elif lost:
            scene.tell("server-variable-value-removed", f"{name}: {', '.join(lost)} removed", *spots)
        if gained or (values and not now):
            scene.tell("server-variable-value-added", f"{name}: {', '.join(gained) or 'any value'} added", *spots)
