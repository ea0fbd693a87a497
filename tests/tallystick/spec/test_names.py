"""Names: the same contract name always gives the same Python name, and two that meet are reported."""

import pytest

from tallystick.spec.errors import Position
from tallystick.spec.names import (
    Named,
    class_name,
    collisions,
    field_name,
    member_name,
    method_name,
    parameter_name,
)


@pytest.mark.parametrize(
    ("name", "field", "class_"),
    [
        ("ID", "id", "Id"),
        ("userID", "user_id", "UserId"),
        ("userIDs", "user_ids", "UserIds"),
        ("X-Request-Id", "x_request_id", "XRequestId"),
        ("If-None-Match", "if_none_match", "IfNoneMatch"),
        ("HTTPServer", "http_server", "HTTPServer"),
        ("sha256Sum", "sha256_sum", "Sha256Sum"),
        ("created_at", "created_at", "CreatedAt"),
        ("_links", "links", "Links"),
        ("__typename", "typename", "Typename"),
        ("@type", "type", "Type"),
        ("class", "class_", "Class"),
        ("None", "none", "None_"),
        ("list", "list_", "List"),
        ("123", "field_123", "Schema123"),
        ("+1", "plus_1", "Plus1"),
        ("-1", "minus_1", "Minus1"),
        ("größe", "größe", "Größe"),
        ("日本", "日本", "日本"),
        ("👍", "u1f44d", "U1f44d"),
        ("", "empty", "Empty"),
        ("a.b", "a_b", "AB"),
        ("users/list.all items", "users_list_all_items", "UsersListAllItems"),
        ("'; import os #", "import_os", "ImportOs"),
    ],
)
def test_names(name: str, field: str, class_: str) -> None:
    """Generated code with another name does not compile, or breaks what people wrote against it."""
    assert (field_name(name), class_name(name)) == (field, class_)
    assert field.isidentifier()
    assert class_.isidentifier()


def test_names_by_use() -> None:
    assert method_name("getItem") == "get_item"
    assert parameter_name("body") == "body_"
    assert parameter_name("self") == "self_"
    assert member_name("-created_at") == "MINUS_CREATED_AT"
    assert member_name("2fa") == "VALUE_2_FA"


def test_collisions_name_both_places() -> None:
    """A number behind one of the two would move when the contract's order changes."""
    first, second = Position("a.yaml", 1, 1), Position("a.yaml", 9, 3)
    named = [Named("getUser", "get_user", first), Named("x", "x"), Named("get_user", "get_user", second, "/p")]
    (found,) = collisions("operation", named)
    assert (found.rule, found.position, found.pointer) == ("name-collision", second, "/p")
    assert "a.yaml:1:1" in found.message
