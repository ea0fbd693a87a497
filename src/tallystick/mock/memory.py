"""What the mock remembers: deletions always, and with `stateful` what was created and changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tallystick.runtime.operation import Operation
from tallystick.runtime.routing import Endpoint

_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Collection:
    """A CRUD shape: things are created and listed at `path`, and live at `member`, told apart by `parameter`."""

    path: str
    member: str
    parameter: str


def collections_of(endpoints: Iterable[Endpoint]) -> tuple[dict[str, Collection], dict[str, Collection]]:
    """The CRUD shapes of a contract: by the path of the collection, and by that of the member."""
    paths = {endpoint.operation.path: set[str]() for endpoint in endpoints}
    for endpoint in endpoints:
        paths[endpoint.operation.path].add(endpoint.operation.method)
    found = []
    for member in paths:
        path, _, last = member.rpartition("/")
        is_parameter = last.startswith("{") and last.endswith("}") and last.count("{") == 1
        if is_parameter and "POST" in paths.get(path, ()):
            found.append(Collection(path, member, last[1:-1]))
    return {one.path: one for one in found}, {one.member: one for one in found}


@dataclass
class Memory:
    """Things by the path they live at; `deleted` holds the paths of those that are gone."""

    deleted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)
    serial: int = 0

    def delete(self, path: str, values: Iterable[str]) -> None:
        """The thing at a path is gone; `values` are the path's parameters."""
        self.deleted[path] = tuple(values)
        self.things.pop(path, None)

    def is_deleted(self, path: str) -> bool:
        """Whether the thing at a path, or one above it, is gone."""
        return any(path == gone or path.startswith(gone + "/") for gone in self.deleted) if self.deleted else False

    def restore(self, path: str) -> None:
        """There is something at this path again."""
        self.deleted.pop(path, None)

    def restore_named(self, path: str, answer: Any) -> None:
        """What the answer to a creation at a path names exists below it, also where it was deleted before."""
        if self.deleted:
            named = set(scalars(answer))
            below = path.rstrip("/") + "/"
            gone = [
                at
                for at, values in self.deleted.items()
                if at.startswith(below) and values[-1:] and values[-1] in named
            ]
            for at in gone:
                del self.deleted[at]

    def members(self, path: str) -> list[Any]:
        """What was created in a collection, latest first."""
        prefix = path + "/"
        found = [one for at, one in self.things.items() if at.startswith(prefix) and "/" not in at[len(prefix) :]]
        return found[::-1]


def scalars(value: Any, depth: int = 0) -> Iterator[str]:
    """The texts and numbers in a value, as they would stand in a path."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif depth < _DEEPEST and isinstance(value, Mapping):
        for one in value.values():
            yield from scalars(one, depth + 1)
    elif depth < _DEEPEST and isinstance(value, list):
        for one in value:
            yield from scalars(one, depth + 1)


def is_removal(operation: Operation) -> bool:
    """Whether success means that the thing at a path is gone."""
    return operation.method == "DELETE" and "{" in operation.path


def id_member(value: Any, collection: Collection) -> tuple[dict[str, Any], str] | None:
    """Where a created thing says its id: the object (perhaps in an envelope of one member), and the member's name."""
    if not isinstance(value, dict):
        return None
    for name in _id_names(collection):
        if name in value:
            return value, name
    if len(value) == 1:
        return id_member(next(iter(value.values())), collection)
    return None


def _id_names(collection: Collection) -> Iterator[str]:
    name = collection.parameter
    yield name
    for suffix in ("Id", "_id", "ID", "-id"):
        if name.endswith(suffix):
            yield suffix.lstrip("_-").lower()
    yield from ("id", "uuid", "slug", "name")


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result
