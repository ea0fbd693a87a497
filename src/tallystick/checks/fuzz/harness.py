"""What the checks share in one run: who may be whom, and a way to send a request once more."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import requests
from schemathesis import Case, CheckContext, Response

from tallystick.checks.fuzz.contract import FuzzContract, FuzzOperation

AnyCase = Case[Any]
SECONDS = 10.0
DEFAULT_BUDGET = 3


class Credentials(Protocol):
    """The identities of a run, as values of the header `Authorization`."""

    def lacking(self, scope: str, /) -> str | None:
        """Someone who is signed in and may do everything but this; None if there is nobody."""

    def peer_of(self, authorization: str, /) -> str | None:
        """Someone with the same rights to whom this caller's things are foreign; None if there is nobody."""


class Nobody:
    """The credentials of a run that has none: checks which need an identity stay silent."""

    def lacking(self, _scope: str, /) -> str | None:
        return None

    def peer_of(self, _authorization: str, /) -> str | None:
        return None


class Harness:
    """One run's credentials and its ledger of extra requests."""

    def __init__(self) -> None:
        self.credentials: Credentials = Nobody()
        self._ledger: Path | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self._contracts: dict[int, FuzzContract] = {}

    def configure(self, credentials: Credentials, ledger: Path | None = None) -> None:
        """Set the identities, and the file that gets one JSON line for each request a check sends by itself."""
        self.credentials = credentials
        self._ledger = ledger

    def contract(self, case: AnyCase) -> FuzzContract:
        """The contract that a case was made from."""
        document = case.operation.schema.raw_schema
        if id(document) not in self._contracts:
            self._contracts[id(document)] = FuzzContract(document)
        return self._contracts[id(document)]

    def send(
        self,
        check: str,
        contract: FuzzContract,
        request: requests.PreparedRequest,
        **changes: Any,
    ) -> requests.Response:
        """Send a request again, changed by `altered`, without following redirects."""
        copy = altered(request, **changes)
        answer = self._session.send(copy, timeout=SECONDS, allow_redirects=False)
        self._session.cookies.clear()
        if self._ledger is not None:
            operation = contract.match(copy.method or "", urlsplit(copy.url or "").path)
            label = operation.label if operation is not None else f"{copy.method} ?"
            with self._ledger.open("a") as ledger:
                line = {"check": check, "operation": label, "status": answer.status_code}
                ledger.write(json.dumps(line) + "\n")
        return answer


HARNESS = Harness()


class Budget:
    """How many extra requests a check may send for each operation in one run."""

    def __init__(self, per_operation: int) -> None:
        self._per_operation = per_operation
        self._spent: Counter[str] = Counter()

    def take(self, key: str) -> bool:
        """Whether one more is left; it is spent then."""
        if self._spent[key] >= self._per_operation:
            return False
        self._spent[key] += 1
        return True


def altered(
    request: requests.PreparedRequest,
    *,
    headers: Mapping[str, str | None] | None = None,
    method: str | None = None,
    url: str | None = None,
    body: bytes | str | None = None,
    keep_body: bool = True,
) -> requests.PreparedRequest:
    """A copy of a request; a header set to None is left out, a changed body gets its own length."""
    copy = request.copy()
    if method is not None:
        copy.method = method
    if url is not None:
        copy.url = urljoin(copy.url or "", url)
    if body is not None or not keep_body:
        copy.body = body
        copy.headers.pop("Content-Length", None)
        if body is None:
            copy.headers.pop("Content-Type", None)
        copy.prepare_content_length(body)
    for name, value in (headers or {}).items():
        if value is None:
            copy.headers.pop(name, None)
        else:
            copy.headers[name] = value
    return copy


@dataclass(frozen=True, slots=True)
class Success:
    """A case that was carried out: what most checks start from."""

    contract: FuzzContract
    operation: FuzzOperation
    response: Response
    identity: str | None
    check: str

    @property
    def request(self) -> requests.PreparedRequest:
        return self.response.request

    @property
    def path(self) -> str:
        return urlsplit(self.request.url or "").path

    @property
    def authorization(self) -> str | None:
        value = self.request.headers.get("Authorization")
        return value.decode("latin-1") if isinstance(value, bytes) else value

    @property
    def thing(self) -> str | None:
        """The path of the one thing that the request was about, or made."""
        if self.operation.names_one_thing:
            return self.path
        return self.header("Location") if self.response.status_code == 201 else None

    def header(self, name: str) -> str | None:
        """A header of the response, by name in any case."""
        values = self.response.headers.get(name.lower())
        return values[0] if values else None

    def send(self, **changes: Any) -> requests.Response:
        """Send the request once more, changed as `altered` changes it."""
        return HARNESS.send(self.check, self.contract, self.request, **changes)

    def read(self, path: str) -> requests.Response:
        """Read a path as whoever sent this request."""
        headers = {"If-Match": None, "If-None-Match": None, "Idempotency-Key": None}
        return self.send(method="GET", url=path, headers=headers, keep_body=False)


class SuccessCheck(ABC):
    """A check of Schemathesis that looks at what succeeded.

    `positive` restricts it to cases that keep to the contract; what breaks it and still succeeds is another
    check's finding.
    """

    positive = True

    def after_response(self, _ctx: CheckContext, response: Response, case: AnyCase) -> bool | None:
        """Called by Schemathesis; True says that there was nothing to check."""
        if not 200 <= response.status_code < 300 or (self.positive and not _is_positive(case)):
            return True
        contract = HARNESS.contract(case)
        operation = contract.find(case.method, case.path)
        if operation is None:
            return True
        self.examine(Success(contract, operation, response, case.auth_identity, type(self).__name__))
        return None

    @abstractmethod
    def examine(self, success: Success) -> None:
        """Raise AssertionError with the finding."""


def json_of(response: Response | requests.Response) -> Any:
    """The body as JSON, None if it is not."""
    try:
        return json.loads(response.content)
    except ValueError:
        return None


def json_sent(request: requests.PreparedRequest) -> Any:
    """The request's body as JSON, None if it is not."""
    if not isinstance(request.body, (str, bytes)):
        return None
    try:
        return json.loads(request.body)
    except ValueError:
        return None


def _is_positive(case: AnyCase) -> bool:
    # A case that was made by hand has no such data.
    return case.meta is None or case.meta.generation.mode.is_positive
