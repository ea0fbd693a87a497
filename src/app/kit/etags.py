"""Entity tags of versioned rows: the version in hexadecimal, always strong (RFC 9110, section 8.8.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.kit.pagination import INT4_MAX

_ENTITY_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_VERSION = re.compile(r"[1-9a-f][0-9a-f]{0,7}")


@dataclass(frozen=True, slots=True)
class Expected:
    """Which versions a caller accepts; `versions` is None for any (`If-Match: *`)."""

    versions: frozenset[int] | None

    def admits(self, version: int) -> bool:
        """Whether a row of this version is one that the caller means."""
        return self.versions is None or version in self.versions


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version:x}"'


def parse_if_match(header: str) -> Expected:
    """The versions named by If-Match. Weak tags never match here; what cannot be read matches nothing."""
    return _parse(header, weak=False)


def parse_if_none_match(header: str) -> Expected:
    """The versions named by If-None-Match, where a weak tag matches too."""
    return _parse(header, weak=True)


def _parse(header: str, *, weak: bool) -> Expected:
    if header.strip() == "*":
        return Expected(None)
    tags = (match[2] for match in _ENTITY_TAG.finditer(header) if weak or not match[1])
    versions = (int(tag, 16) for tag in tags if _VERSION.fullmatch(tag))
    return Expected(frozenset(version for version in versions if version <= INT4_MAX))
