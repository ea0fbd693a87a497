"""`Prefer` (RFC 7240): which of the declared answers a caller wants to see."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tallystick.runtime.call import Call

_PREFERENCE = re.compile(r"""\s*([\w-]+)\s*(?:=\s*(?:"((?:\\.|[^"\\])*)"|([^,;\s]*)))?[^,]*(?:,|$)""")


@dataclass(frozen=True, slots=True)
class Preference:
    """The status and the name of the example that were asked for."""

    code: int | None = None
    example: str | None = None

    def applied(self, *, code: bool, example: bool) -> bytes | None:
        """What `Preference-Applied` says of those that were heeded; None if none was."""
        parts = [f"code={self.code}"] if code else []
        parts += [f'example="{self.example}"'] if example else []
        return ", ".join(parts).encode("latin-1", "replace") or None


def preference_of(call: Call) -> Preference | None:
    """What the caller prefers; None where `Prefer` names neither status nor example."""
    text = call.header("prefer")
    if text is None:
        return None
    found: dict[str, str] = {}
    for name, quoted, token in _PREFERENCE.findall(text):
        # RFC 7240, section 2: of one preference sent twice, the first counts.
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or token)
    code = found.get("code", "")
    wanted = Preference(int(code) if re.fullmatch("[1-5][0-9][0-9]", code) else None, found.get("example") or None)
    return wanted if wanted != Preference() else None
