"""What contracts say of media types that no code can carry out."""

from __future__ import annotations

from collections.abc import Iterator

from tallystick.generator.media import EVENTS, base_name, charset_of, is_lines, is_multipart
from tallystick.spec.errors import Diagnostic
from tallystick.spec.model import MediaType
from tallystick.spec.nodes import key_position, position_of

_CHARSETS = ("utf-8", "utf8", "us-ascii")


def media_refusals(media: tuple[MediaType, ...]) -> Iterator[Diagnostic]:
    """What is wrong with the media types of a body or an answer, each by itself."""
    yield from _foreign_charsets(media)
    yield from _unsuited_items(media)


def told_apart(media: tuple[MediaType, ...]) -> Iterator[Diagnostic]:
    """Media types that differ in parameters only: what a client sends would fit both."""
    first: dict[str, str] = {}
    for one in media:
        known = first.setdefault(base_name(one.name), one.name)
        if known != one.name:
            what = f"a body in {one.name} cannot be told from one in {known}"
            hint = "give it a media type of its own, such as application/vnd.example.v2+json"
            yield Diagnostic("unsupported-media-type", what, position_of(one.node), hint=hint)


def _unsuited_items(media: tuple[MediaType, ...]) -> Iterator[Diagnostic]:
    """Media types that are one value, described as one value after another."""
    for one in media:
        name = base_name(one.name)
        if "itemSchema" in one.node and not (is_lines(name) or is_multipart(name) or name == EVENTS):
            what = f"itemSchema says nothing of {one.name}, which is one value"
            hint = "write a schema of type array, or use application/jsonl"
            yield Diagnostic("unsupported-media-type", what, key_position(one.node, "itemSchema"), hint=hint)


def _foreign_charsets(media: tuple[MediaType, ...]) -> Iterator[Diagnostic]:
    """Media types in an encoding that the run time neither reads nor writes."""
    for one in media:
        if charset_of(one.name) not in _CHARSETS:
            what = f"content in {one.name} is neither read nor written"
            yield Diagnostic("unsupported-media-type", what, position_of(one.node), hint="use charset=utf-8")
