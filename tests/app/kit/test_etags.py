"""Entity tags: what is written is read back, what is something else matches nothing."""

from __future__ import annotations

import pytest

from app.kit.etags import Expected, etag, parse_if_match, parse_if_none_match


@pytest.mark.parametrize("version", [1, 10, 255, 2**31 - 1])
def test_a_tag_names_its_version(version: int) -> None:
    assert parse_if_match(etag(version)) == Expected(frozenset({version}))
    assert parse_if_match(etag(version)).admits(version)
    assert not parse_if_match(etag(version)).admits(version + 1)


@pytest.mark.parametrize("header", ["*", " * "])
def test_a_star_admits_every_version(header: str) -> None:
    assert parse_if_match(header).admits(12345)
    assert parse_if_none_match(header).admits(12345)


def test_a_list_admits_each_of_its_tags() -> None:
    assert parse_if_match('"1", "a" ,"x,y", W/"3", ""').versions == frozenset({1, 10})


def test_weak_tags_match_for_reading_only() -> None:
    """RFC 9110, section 13.1: If-Match compares strongly, If-None-Match weakly."""
    assert parse_if_match('W/"1"').versions == frozenset()
    assert parse_if_none_match('W/"1"').versions == frozenset({1})


@pytest.mark.parametrize(
    "header", ["", "1", '"', '"1', '"01"', '"0"', '"A"', '"-1"', '"80000000"', '"123456789"', '"é"']
)
def test_what_is_no_tag_of_ours_admits_nothing(header: str) -> None:
    assert parse_if_match(header).versions == frozenset()
