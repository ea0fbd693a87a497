"""Identifiers sort by the time they were made."""

from __future__ import annotations

import time
from uuid import RFC_4122

from app.kit.ids import uuid7


def test_ids_are_uuids_of_version_seven_with_the_present_time() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= after


def test_ids_are_different_and_sort_by_time() -> None:
    ids = []
    for _ in range(200):
        ids.append(uuid7())
        time.sleep(0.00001)
    assert len(set(ids)) == 200
    assert ids == sorted(ids)
