"""What `tally mock` says while it runs: where it serves what, who is let in, and what is wrong with an edit."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tallystick.mock.application import MockApplication
from tallystick.mock.credentials import Credential
from tallystick.reporting import Format, report
from tallystick.reporting.formats import as_json, counts
from tallystick.spec.errors import ContractError

_STILL = "the contract as it was before this edit is still served"


@dataclass
class Voice:
    """For people lines of text; for programs one JSON object in each line, with its `event`.

    `base_url` is where the mock listens.
    """

    form: Format
    contract: Path
    base_url: str
    _known: tuple[Credential, ...] = field(default=(), init=False)

    def serving(self, made: MockApplication) -> None:
        """It begins."""
        where = f"{self.base_url}{made.base_path}, to read at {self.base_url}/docs"
        self._tell("serving", made, f"{made.title} ({self.contract}, {len(made.operations)} operations) on {where}")

    def changed(self, made: MockApplication) -> None:
        """An edit is served."""
        self._tell("changed", made, f"{made.title}: changed, {len(made.operations)} operations")

    def failed(self, error: Exception) -> None:
        """An edit is not served: why, as `tally lint` would tell it."""
        found = error.diagnostics if isinstance(error, ContractError) else ()
        reason = "" if found else f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if self.form is Format.JSON:
            facts = {"event": "refused", "served": _STILL, **({"reason": reason} if reason else {})}
            _say(json.dumps(as_json(list(found), facts), ensure_ascii=False))
            return
        if found:
            report(found, self.form, summary=counts(found), stream=sys.stderr)
        else:
            print(f"tally: {reason}", file=sys.stderr)
        print(_STILL, file=sys.stderr, flush=True)

    def _tell(self, event: str, made: MockApplication, line: str) -> None:
        if self.form is Format.JSON:
            _say(json.dumps(self._facts(event, made), ensure_ascii=False))
        else:
            # Findings alone are to stand on stdout where a program reads them.
            stream = sys.stdout if self.form is Format.TEXT else sys.stderr
            told = [line] if made.credentials == self._known else [line, *_table(made.credentials)]
            print("\n".join(told), file=stream, flush=True)
        self._known = made.credentials

    def _facts(self, event: str, made: MockApplication) -> dict[str, Any]:
        return {
            "event": event,
            "title": made.title,
            "contract": str(self.contract),
            "url": self.base_url + made.base_path,
            "docs": f"{self.base_url}/docs",
            "operations": len(made.operations),
            "credentials": [
                {"scheme": one.scheme, "kind": one.kind, "secret": one.secret, "send": one.text}
                for one in made.credentials
            ],
        }


def _table(credentials: tuple[Credential, ...]) -> list[str]:
    return [f"  {one.scheme}: {one.text}" for one in credentials]


def _say(line: str) -> None:
    print(line, flush=True)
