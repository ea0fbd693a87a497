"""Items through their service, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.domain.items.errors import ItemNotFound, OwnerGone, VersionMismatch
from app.domain.items.repository import ItemFilter, ItemRow, Sort
from app.domain.items.service import ItemContent
from app.domain.items.tables import Status
from app.domain.users.repository import UserRow
from app.kit.clock import ManualClock
from app.kit.etags import Expected
from app.kit.pagination import Position, encode_cursor
from app.kit.principal import Principal, Role
from app.server.services import Services
from tests.app.domain.conftest import MakeUser, principal_of

ANY = Expected(None)


def exactly(row: ItemRow) -> Expected:
    return Expected(frozenset({row.version}))


async def create(services: Services, user: UserRow, title: str = "stick", **content: Any) -> ItemRow:
    async with services.database.unit_of_work() as work:
        return await services.items.create(work, principal_of(user), ItemContent(title, **content))


async def change(services: Services, principal: Principal, item: UUID, expected: Expected, **values: object) -> ItemRow:
    async with services.database.unit_of_work() as work:
        return await services.items.change(work, principal, item, expected, values)


async def delete(services: Services, principal: Principal, item: UUID, expected: Expected) -> None:
    async with services.database.unit_of_work() as work:
        await services.items.delete(work, principal, item, expected)


@pytest.fixture
async def ada(make_user: MakeUser) -> UserRow:
    return await make_user("ada@example.com")


@pytest.fixture
async def bob(make_user: MakeUser) -> UserRow:
    return await make_user("bob@example.com")


@pytest.fixture
async def moderator(make_user: MakeUser) -> UserRow:
    return await make_user("mod@example.com", role=Role.MODERATOR)


@pytest.fixture
async def admin(make_user: MakeUser) -> UserRow:
    return await make_user("root@example.com", role=Role.ADMIN)


async def test_an_item_is_read_as_it_was_created(services: Services, ada: UserRow, clock: ManualClock) -> None:
    created = await create(services, ada, description="d", status=Status.ACTIVE, priority=1_000_000, tags=["a", "b-1"])
    read = await services.items.get(services.database.reader, principal_of(ada), created.id)
    assert read == created
    assert (read.owner_id, read.title, read.description, read.tags) == (ada.id, "stick", "d", ["a", "b-1"])
    assert (read.status, read.priority, read.version) == (Status.ACTIVE, 1_000_000, 1)
    assert read.created_at == read.updated_at == clock.now()


async def test_foreign_items_do_not_exist_for_users(services: Services, ada: UserRow, bob: UserRow) -> None:
    item = await create(services, ada)
    for attempt in (
        services.items.get(services.database.reader, principal_of(bob), item.id),
        change(services, principal_of(bob), item.id, exactly(item), title="mine"),
        delete(services, principal_of(bob), item.id, exactly(item)),
    ):
        with pytest.raises(ItemNotFound):
            await attempt
    assert await services.items.get(services.database.reader, principal_of(ada), item.id) == item


async def test_moderators_read_everything_and_write_only_their_own(
    services: Services, ada: UserRow, moderator: UserRow
) -> None:
    item = await create(services, ada)
    principal = principal_of(moderator)
    assert await services.items.get(services.database.reader, principal, item.id) == item
    with pytest.raises(ItemNotFound):
        await change(services, principal, item.id, exactly(item), title="mine")
    with pytest.raises(ItemNotFound):
        await delete(services, principal, item.id, exactly(item))


async def test_administrators_write_everything(services: Services, ada: UserRow, admin: UserRow) -> None:
    item = await create(services, ada)
    changed = await change(services, principal_of(admin), item.id, exactly(item), title="theirs")
    assert (changed.title, changed.owner_id) == ("theirs", ada.id)
    await delete(services, principal_of(admin), item.id, exactly(changed))
    with pytest.raises(ItemNotFound):
        await services.items.get(services.database.reader, principal_of(ada), item.id)


async def test_a_narrowed_token_of_an_administrator_reaches_only_its_own(
    services: Services, ada: UserRow, admin: UserRow
) -> None:
    item = await create(services, ada)
    narrowed = Principal(admin.id, admin.id, frozenset({"items:read", "items:write"}))
    with pytest.raises(ItemNotFound):
        await services.items.get(services.database.reader, narrowed, item.id)


async def test_a_change_counts_the_version_and_keeps_what_is_absent(
    services: Services, ada: UserRow, clock: ManualClock
) -> None:
    item = await create(services, ada, description="keep", tags=["keep"])
    clock.advance(seconds=1)
    changed = await change(services, principal_of(ada), item.id, exactly(item), description=None)
    assert (changed.description, changed.tags, changed.version) == (None, ["keep"], 2)
    assert changed.updated_at == clock.now()
    assert changed.created_at == item.created_at


async def test_a_stale_version_changes_nothing(services: Services, ada: UserRow) -> None:
    item = await create(services, ada)
    await change(services, principal_of(ada), item.id, exactly(item), title="second")
    with pytest.raises(VersionMismatch):
        await change(services, principal_of(ada), item.id, exactly(item), title="third")
    with pytest.raises(VersionMismatch):
        await delete(services, principal_of(ada), item.id, exactly(item))
    with pytest.raises(VersionMismatch):
        await change(services, principal_of(ada), item.id, Expected(frozenset()), title="third")
    assert (await change(services, principal_of(ada), item.id, ANY, priority=1)).title == "second"


async def test_missing_items_are_not_found_whatever_version_is_expected(services: Services, ada: UserRow) -> None:
    for expected in (ANY, Expected(frozenset({1}))):
        with pytest.raises(ItemNotFound):
            await change(services, principal_of(ada), uuid4(), expected, title="x")
        with pytest.raises(ItemNotFound):
            await delete(services, principal_of(ada), uuid4(), expected)


async def test_of_two_changes_with_one_version_one_wins(services: Services, ada: UserRow) -> None:
    item = await create(services, ada)
    attempts = [change(services, principal_of(ada), item.id, exactly(item), title=title) for title in ("a", "b")]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["ItemRow", "VersionMismatch"]


async def test_creating_for_a_deleted_account_says_so(services: Services, ada: UserRow) -> None:
    async with services.database.unit_of_work() as work:
        await services.users.delete(work, ada.id)
    with pytest.raises(OwnerGone):
        await create(services, ada)


async def test_lists_show_what_the_caller_may_see(
    services: Services, ada: UserRow, bob: UserRow, moderator: UserRow
) -> None:
    hers, his = await create(services, ada), await create(services, bob)
    read = services.database.reader

    async def ids(user: UserRow, wanted: ItemFilter) -> list[UUID]:
        page = await services.items.list(read, principal_of(user), wanted, limit=10, include_total=True)
        assert page.total == len(page.rows)
        return sorted(row.id for row in page.rows)

    assert await ids(ada, ItemFilter()) == [hers.id]
    assert await ids(ada, ItemFilter(owner_id=ada.id)) == [hers.id]
    assert await ids(ada, ItemFilter(owner_id=bob.id)) == []
    assert await ids(moderator, ItemFilter()) == sorted([hers.id, his.id])
    assert await ids(moderator, ItemFilter(owner_id=bob.id)) == [his.id]


async def test_filters_add_up(services: Services, ada: UserRow, clock: ManualClock) -> None:
    first = await create(services, ada, "hazel stick", description="from the miller", status=Status.ACTIVE)
    clock.advance(hours=1)
    second = await create(services, ada, "willow stick", status=Status.ACTIVE)

    async def titles(**wanted: Any) -> list[str]:
        read = services.database.reader
        page = await services.items.list(read, principal_of(ada), ItemFilter(**wanted), limit=10)
        return [row.title for row in page.rows]

    assert await titles(created_after=second.created_at) == ["willow stick"]
    assert await titles(created_before=second.created_at) == ["hazel stick"]
    assert await titles(created_after=first.created_at, created_before=second.created_at) == ["hazel stick"]
    assert await titles(status=Status.DRAFT) == []
    assert await titles(q="stick -willow") == ["hazel stick"]
    assert await titles(q='"the miller"', status=Status.ACTIVE) == ["hazel stick"]
    assert await titles(q="\" & | ! ( :* \\ '") == []


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("hours", [-14, 0, 14])
async def test_times_beyond_what_the_column_holds_still_filter(
    services: Services, ada: UserRow, year: int, hours: int
) -> None:
    item = await create(services, ada)
    zone = timezone(timedelta(hours=hours))
    first, last = datetime(1, 1, 1, tzinfo=zone), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=zone)
    wanted = ItemFilter(created_after=first) if year == 1 else ItemFilter(created_before=last)
    page = await services.items.list(services.database.reader, principal_of(ada), wanted, limit=10)
    assert [row.id for row in page.rows] == [item.id]


@pytest.mark.parametrize("sort", Sort)
async def test_a_walk_meets_every_item_once_and_in_order(
    services: Services, ada: UserRow, bob: UserRow, clock: ManualClock, sort: Sort
) -> None:
    """Keyset pages over equal sort values: complete, disjoint, ordered, for every page size."""
    rows = []
    for number in range(9):
        rows.append(await create(services, ada, priority=number // 3))
        clock.advance(seconds=number % 2)
    await create(services, bob)
    expected = sorted(rows, key=lambda row: _sort_key(row, sort), reverse=sort.startswith("-"))
    for limit in (1, 2, 4, 9, 10):
        assert await _walk(services, ada, sort, limit) == [row.id for row in expected]


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("key", [-(2**63), -1, 0, 2**31, 2**63 - 1])
async def test_every_cursor_is_a_position(services: Services, ada: UserRow, sort: Sort, key: int) -> None:
    """A cursor nobody ever handed out gives a page, not an error: it lies before, between or behind the rows."""
    item = await create(services, ada, priority=7)
    for place in (UUID(int=0), UUID(int=2**128 - 1)):
        page = await services.items.list(
            services.database.reader,
            principal_of(ada),
            ItemFilter(),
            sort=sort,
            limit=5,
            cursor=encode_cursor(Position(key, place)),
        )
        assert [row.id for row in page.rows] in ([], [item.id])


def _sort_key(row: ItemRow, sort: Sort) -> tuple[int, int]:
    return (row.position(sort).key, row.id.int)


async def _walk(services: Services, user: UserRow, sort: Sort, limit: int) -> Sequence[UUID]:
    seen: list[UUID] = []
    cursor: str | None = None
    while True:
        page = await services.items.list(
            services.database.reader, principal_of(user), ItemFilter(), sort=sort, limit=limit, cursor=cursor
        )
        assert len(page.rows) <= limit
        seen += [row.id for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            return seen
