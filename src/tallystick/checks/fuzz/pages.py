"""Lists in pages: no longer than asked for, nothing that the filters exclude, and every page a new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tallystick.checks.fuzz.contract import FuzzOperation
from tallystick.checks.fuzz.harness import Budget, Success, SuccessCheck, json_of


class PageContract(SuccessCheck):
    """Checks each answer of an operation that takes a limit, and walks on from some of them.

    Filters are the query parameters that are named like a property of the entries. Others are configured:
    `lower` and `upper` map a parameter to the property that it bounds.
    """

    def __init__(
        self,
        limit: str = "limit",
        cursor: str = "cursor",
        entries: str = "data",
        next_cursor: str = "next_cursor",
        identity: str = "id",
        sort: str = "sort",
        lower: Mapping[str, str] | None = None,
        upper: Mapping[str, str] | None = None,
        walks_per_operation: int = 10,
        pages_per_walk: int = 3,
    ) -> None:
        self._limit, self._cursor = limit, cursor
        self._entries, self._next = entries, next_cursor
        self._identity, self._sort = identity, sort
        self._lower, self._upper = lower or {}, upper or {}
        self._walks = Budget(walks_per_operation)
        self._pages = pages_per_walk

    def examine(self, success: Success) -> None:
        operation = success.operation
        if operation.parameter("query", self._limit) is None:
            return
        page = json_of(success.response)
        if not isinstance(page, dict) or not isinstance(page.get(self._entries), list):
            return
        query = dict(parse_qsl(urlsplit(success.request.url or "").query, keep_blank_values=True))
        self._check(operation, query, page)
        if page.get(self._next) is not None and self._walks.take(operation.label):
            self._walk(success, query, page)

    def _check(self, operation: FuzzOperation, query: Mapping[str, str], page: Any) -> None:
        entries = page[self._entries]
        limit = self._wanted(operation, query)
        assert limit is None or len(entries) <= limit, (
            f"{operation.label} returned {len(entries)} entries, the limit was {limit}"
        )
        for name, wanted in query.items():
            for entry in entries:
                assert self._passes(entry, name, wanted), (
                    f"{operation.label} with {name}={wanted!r} returned an entry with"
                    f" {self._property(name)}={entry.get(self._property(name))!r}"
                )
        if self._sort in query:
            self._check_order(operation, query[self._sort], entries)

    def _wanted(self, operation: FuzzOperation, query: Mapping[str, str]) -> int | None:
        parameter = operation.parameter("query", self._limit)
        text = query.get(self._limit, parameter.schema.get("default") if parameter is not None else None)
        try:
            return None if text is None else int(text)
        except ValueError:
            return None

    def _property(self, name: str) -> str:
        return self._lower.get(name) or self._upper.get(name) or name

    def _passes(self, entry: Mapping[str, Any], name: str, wanted: str) -> bool:
        value = entry.get(self._property(name))
        if not isinstance(value, (str, bool, int)):
            return True
        if name in self._lower or name in self._upper:
            # Only bounds in the very notation of the answers can be compared as text.
            if not isinstance(value, str) or len(wanted) != len(value) or wanted[-1:] != value[-1:]:
                return True
            return value >= wanted if name in self._lower else value <= wanted
        if isinstance(value, bool):
            return str(value).lower() == wanted.lower()
        return str(value) == wanted or str(value).lower() == wanted.lower()

    def _check_order(self, operation: FuzzOperation, order: str, entries: list[Any]) -> None:
        name = order.removeprefix("-")
        values = [entry[name] for entry in entries if name in entry]
        assert values == sorted(values, reverse=order.startswith("-")), (
            f"{operation.label} with {self._sort}={order} is not in that order"
        )

    def _walk(self, success: Success, query: Mapping[str, str], page: Any) -> None:
        operation = success.operation
        seen = [entry.get(self._identity) for entry in page[self._entries]]
        cursors = {query.get(self._cursor), None}
        for _ in range(self._pages):
            cursor = page.get(self._next)
            if cursor is None:
                return
            assert cursor not in cursors, f"{operation.label} gave the same {self._next} twice: the list never ends"
            cursors.add(cursor)
            following = {**query, self._cursor: cursor}
            parts = urlsplit(success.request.url or "")
            answer = success.send(url=urlunsplit(parts._replace(query=urlencode(following))))
            assert answer.status_code == 200, (
                f"{operation.label} answered {answer.status_code} to its own {self._next}, expected 200"
            )
            page = json_of(answer)
            self._check(operation, following, page)
            new = [entry.get(self._identity) for entry in page[self._entries]]
            assert not set(seen) & set(new), f"{operation.label} returned an entry on two pages"
            seen += new
