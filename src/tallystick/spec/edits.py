"""Changes to read data that keep the places of what was there, and bring along those of what is new."""

from __future__ import annotations

from typing import Any

from tallystick.spec.errors import Position
from tallystick.spec.nodes import Array, Key, Object, copy_value, key_position, position_of

Container = Object | Array
_Places = tuple[Position | None, Position | None]


class EditedMarks:
    """Marks of a container that was changed: of each key and value by itself. They belong to one container; a copy of
    it shares them until it is changed in turn."""

    __slots__ = ("_places", "_start", "owner")

    def __init__(self, owner: Container, start: Position) -> None:
        self.owner = owner
        self._start = start
        keys: Any = owner if isinstance(owner, Object) else range(len(owner))
        self._places: dict[Key, _Places] = {key: (key_position(owner, key), position_of(owner, key)) for key in keys}

    def start(self) -> Position:
        return self._start

    def key(self, key: Key) -> Position | None:
        return self._places.get(key, (None, None))[0]

    def value(self, key: Key) -> Position | None:
        return self._places.get(key, (None, None))[1]

    def put(self, key: Key, key_place: Position | None, value_place: Position | None) -> None:
        self._places[key] = key_place, value_place

    def remove(self, key: Key) -> None:
        """Forget a key; what stands behind an element moves up."""
        del self._places[key]
        if isinstance(key, int):
            later = sorted(at for at in self._places if isinstance(at, int) and at > key)
            for at in later:
                self._places[at - 1] = self._places.pop(at)


def put(container: Container, key: Key, source: Container, name: Key) -> None:
    """Set a key or element to a copy of what `source` holds under `name`."""
    marks = _marks(container, source)
    marks.put(key, marks.key(key) or key_position(source, name), position_of(source, name))
    target: Any = container
    target[key] = copy_value(_value(source, name))


def append(container: Array, source: Container, name: Key) -> None:
    """Add a copy of what `source` holds under `name`."""
    marks = _marks(container, source)
    place = position_of(source, name)
    marks.put(len(container), place, place)
    container.append(copy_value(_value(source, name)))


def remove(container: Container, key: Key) -> None:
    """Take a key out of an object, or an element out of an array."""
    _marks(container, container).remove(key)
    target: Any = container
    del target[key]


def _value(source: Any, name: Key) -> Any:
    return source[name]


def _marks(container: Container, source: Container) -> EditedMarks:
    """The container's own changeable marks; `source` gives the place where it has none."""
    found = container.marks
    if not isinstance(found, EditedMarks) or found.owner is not container:
        start = position_of(container) or position_of(source) or Position("", 1, 1)
        found = container.marks = EditedMarks(container, start)
    return found
