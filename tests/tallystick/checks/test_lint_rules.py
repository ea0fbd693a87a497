"""Each house rule finds its breach, at the place, and nothing in a contract that keeps it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tallystick.checks.lint import DEFAULT_RULES, RULES, Rulebook, lint
from tallystick.spec.errors import Severity
from tallystick.spec.loader import parse
from tallystick.spec.nodes import Object, copy_object
from tallystick.spec.pointers import look_up, split
from tallystick.spec.serialise import to_yaml
from tallystick.spec.text import Text
from tallystick.spec.validate import validate
from tallystick.spec.yaml_reader import YamlReader

GOOD = Path(__file__).parent / "good.yaml"
EXTENSIONS = Path(__file__).parents[3] / "openapi" / "extensions.schema.json"
REMOVE = object()

ITEMS, ITEM, HEALTH = "/paths/~1items", "/paths/~1items~1{item_id}", "/paths/~1health"
CREATE, READ, UPDATE, DELETE = f"{ITEMS}/post", f"{ITEM}/get", f"{ITEM}/patch", f"{ITEM}/delete"
SCHEMA = "/components/schemas/Item"
BODY = f"{UPDATE}/requestBody/content/application~1merge-patch+json"

# rule, where to change the good contract, what to write there, where the finding points
BREACHES: list[tuple[str, str, Any, str]] = [
    (
        "idempotent-answer-is-whole",
        f"{CREATE}/responses/201/content",
        {"application/x-ndjson": {"schema": {"$ref": "#/components/schemas/Item"}}},
        f"{CREATE}/responses/201/content/application~1x-ndjson",
    ),
    ("operation-summary", f"{CREATE}/summary", REMOVE, CREATE),
    ("operation-summary", f"{CREATE}/summary", "With a stop.", f"{CREATE}/summary"),
    ("operation-summary", f"{CREATE}/summary", "Two\nlines", f"{CREATE}/summary"),
    ("operation-description", f"{CREATE}/description", " ", CREATE),
    ("parameter-description", f"{READ}/parameters/1/description", REMOVE, f"{READ}/parameters/1"),
    ("schema-description", f"{SCHEMA}/description", REMOVE, SCHEMA),
    ("tag-described", "/tags/0/description", REMOVE, "/tags/0"),
    ("tag-described", f"{CREATE}/tags", ["other"], f"{CREATE}/tags/0"),
    ("tag-described", "/tags", [{"name": "items", "description": "A"}, {"name": "x", "description": "B"}], "/tags/1"),
    ("has-example", f"{READ}/parameters/1/example", REMOVE, f"{READ}/parameters/1"),
    ("has-example", f"{BODY}/example", REMOVE, BODY),
    (
        "has-example",
        f"{READ}/responses/200/content/application~1json/example",
        REMOVE,
        f"{READ}/responses/200/content/application~1json",
    ),
    ("example-valid", f"{READ}/parameters/1/example", 99, f"{READ}/parameters/1/example"),
    ("example-valid", f"{READ}/parameters/1/schema/default", "1", f"{READ}/parameters/1/schema/default"),
    ("example-valid", f"{ITEM}/parameters/0/example", "no-uuid", f"{ITEM}/parameters/0/example"),
    ("example-valid", f"{BODY}/example", {"title": 1}, f"{BODY}/example/title"),
    ("example-valid", f"{BODY}/schema/examples", [{"title": "a"}, {}], f"{BODY}/schema/examples/1"),
    ("operation-id-camel-case", f"{CREATE}/operationId", "create_item", f"{CREATE}/operationId"),
    ("operation-id-camel-case", f"{CREATE}/operationId", REMOVE, CREATE),
    ("operation-one-tag", f"{CREATE}/tags", ["items", "more"], CREATE),
    ("operation-one-tag", f"{CREATE}/tags", REMOVE, CREATE),
    ("path-kebab-case", "/paths/~1myItems", {}, "/paths/~1myItems"),
    ("path-kebab-case", "/paths/~1items~1", {}, "/paths/~1items~1"),
    ("path-kebab-case", "/paths/~1a~1{itemId}", {}, "/paths/~1a~1{itemId}"),
    ("property-snake-case", f"{SCHEMA}/properties/ownerId", True, f"{SCHEMA}/properties/ownerId"),
    ("property-snake-case", f"{READ}/parameters/1/name", "pageSize", f"{READ}/parameters/1"),
    ("schema-pascal-case", "/components/schemas/item_list", {}, "/components/schemas/item_list"),
    ("unused-component", "/components/schemas/Forgotten", {}, "/components/schemas/Forgotten"),
    ("unused-component", "/components/securitySchemes/old", {}, "/components/securitySchemes/old"),
    ("operation-security-explicit", f"{HEALTH}/get/security", REMOVE, f"{HEALTH}/get"),
    ("secured-operation-has-401", f"{READ}/responses/401", REMOVE, f"{READ}/responses"),
    ("secured-operation-has-403", f"{READ}/responses/403", REMOVE, f"{READ}/responses"),
    ("public-operation-has-no-401", f"{READ}/security", [], f"{READ}/responses/401"),
    ("unauthorized-has-www-authenticate", "/components/responses/Unauthorized/headers", {}, f"{CREATE}/responses/401"),
    ("no-default-response", f"{READ}/responses/default", {}, f"{READ}/responses/default"),
    ("no-range-response", f"{READ}/responses/4XX", {}, f"{READ}/responses/4XX"),
    ("success-response", f"{HEALTH}/get/responses/204", REMOVE, f"{HEALTH}/get/responses"),
    ("request-can-be-unreadable", f"{READ}/responses/400", REMOVE, f"{READ}/responses"),
    ("request-can-be-refused", f"{READ}/responses", {"200": {}}, f"{READ}/responses"),
    ("parameters-have-422", f"{READ}/responses/422", REMOVE, f"{READ}/responses"),
    ("path-id-has-404", f"{READ}/responses/404", REMOVE, f"{READ}/responses"),
    ("deleted-thing-can-be-missed", f"{READ}/responses/404", REMOVE, f"{READ}/responses"),
    ("enum-has-values", f"{READ}/parameters/1/schema/enum", [], f"{READ}/parameters/1/schema/enum"),
    (
        "format-has-one-type",
        f"{READ}/parameters/1/schema",
        {"type": ["string", "null"], "format": "date"},
        f"{READ}/parameters/1/schema/format",
    ),
    (
        "form-can-say-it",
        f"{UPDATE}/requestBody/content",
        {"multipart/form-data": {"schema": {"properties": {"tags": {"type": "array"}}}}},
        f"{UPDATE}/requestBody/content/multipart~1form-data",
    ),
    (
        "form-can-say-it",
        f"{UPDATE}/requestBody/content",
        {"application/x-www-form-urlencoded": {"schema": {"properties": {"tags": {"type": "array"}}}}},
        f"{UPDATE}/requestBody/content/application~1x-www-form-urlencoded",
    ),
    (
        "form-can-say-it",
        f"{UPDATE}/requestBody/content",
        {"application/x-www-form-urlencoded": {"schema": {"properties": {"owner": {"type": "object"}}}}},
        f"{UPDATE}/requestBody/content/application~1x-www-form-urlencoded",
    ),
    (
        "form-can-say-it",
        f"{UPDATE}/requestBody/content",
        {
            "application/x-www-form-urlencoded": {
                "schema": {"allOf": [{"anyOf": [{"properties": {"tags": {"type": ["array", "null"]}}}]}]}
            }
        },
        f"{UPDATE}/requestBody/content/application~1x-www-form-urlencoded",
    ),
    (
        "xml-can-say-it",
        f"{UPDATE}/requestBody/content",
        {"application/xml": {"schema": {"properties": {"tags": {"type": "array", "xml": {"wrapped": True}}}}}},
        f"{UPDATE}/requestBody/content/application~1xml",
    ),
    (
        "xml-can-say-it",
        f"{UPDATE}/requestBody/content",
        {"application/x+xml; v=1": {"schema": {"properties": {"owner": {"type": "object"}}}}},
        f"{UPDATE}/requestBody/content/application~1x+xml; v=1",
    ),
    (
        "event-schema-is-whole",
        f"{READ}/responses/200/content",
        {"text/event-stream": {"schema": {"properties": {"title": {"type": "string"}}}}},
        f"{READ}/responses/200/content/text~1event-stream/schema",
    ),
    ("answered-body-has-406", f"{READ}/responses/406", REMOVE, f"{READ}/responses"),
    ("body-has-413", f"{UPDATE}/responses/413", REMOVE, f"{UPDATE}/responses"),
    ("body-has-415", f"{UPDATE}/responses/415", REMOVE, f"{UPDATE}/responses"),
    ("body-has-max-bytes", f"{UPDATE}/x-max-body-bytes", REMOVE, UPDATE),
    ("if-match-has-412", f"{UPDATE}/responses/412", REMOVE, f"{UPDATE}/responses"),
    ("if-match-has-428", f"{UPDATE}/responses/428", REMOVE, f"{UPDATE}/responses"),
    ("if-match-has-428", f"{UPDATE}/parameters/0/x-missing-status", REMOVE, f"{UPDATE}/parameters/0/name"),
    ("if-none-match-has-304", f"{READ}/responses/304", REMOVE, f"{READ}/responses"),
    ("rate-limit-has-429", f"{CREATE}/responses/429", REMOVE, f"{CREATE}/responses"),
    ("rate-limit-has-429", f"{CREATE}/x-rate-limit", REMOVE, f"{CREATE}/responses/429"),
    ("idempotency-has-header", f"{CREATE}/parameters", REMOVE, f"{CREATE}/x-idempotency"),
    ("idempotency-has-header", f"{CREATE}/x-idempotency", REMOVE, f"{CREATE}/parameters/0"),
    (
        "problem-media-type",
        f"{READ}/responses/404",
        {"content": {"application/json": {}}},
        f"{READ}/responses/404/content/application~1json",
    ),
    ("problem-media-type", f"{READ}/responses/404", {}, f"{READ}/responses/404"),
    (
        "problem-shape",
        "/components/schemas/StaleProblem/properties/status/const",
        409,
        f"{UPDATE}/responses/412/content/application~1problem+json/schema/const",
    ),
    (
        "problem-shape",
        "/components/schemas/StaleProblem/properties/type",
        {"type": "string"},
        f"{UPDATE}/responses/412/content/application~1problem+json/schema",
    ),
    (
        "problem-shape",
        "/components/responses/Stale/content/application~1problem+json/schema",
        {"oneOf": [{"$ref": "#/components/schemas/StaleProblem"}, {"$ref": "#/components/schemas/Item"}]},
        f"{UPDATE}/responses/412/content/application~1problem+json/schema/oneOf/1",
    ),
    ("response-has-request-id", "/components/responses/Stale/headers", {}, f"{UPDATE}/responses/412"),
    (
        "response-headers-required",
        "/components/headers/Location/required",
        False,
        f"{CREATE}/responses/201/headers/Location",
    ),
    ("created-has-location", f"{CREATE}/responses/201/headers/Location", REMOVE, f"{CREATE}/responses/201"),
    ("conditional-has-etag", f"{READ}/responses/304/headers/ETag", REMOVE, f"{READ}/responses/304"),
    (
        "retry-after-on-429-and-503",
        "/components/responses/Unavailable/headers/Retry-After",
        REMOVE,
        f"{HEALTH}/get/responses/503",
    ),
    ("no-content-has-no-body", f"{DELETE}/responses/204/content", {"a/b": {}}, f"{DELETE}/responses/204/content"),
    ("links-post-get", f"{CREATE}/responses/201/links", REMOVE, f"{CREATE}/responses/201"),
    ("links-delete-get", f"{DELETE}/responses/204/links/gone/operationId", "updateItem", f"{DELETE}/responses/204"),
    ("closed-objects", f"{SCHEMA}/additionalProperties", REMOVE, SCHEMA),
    ("closed-objects", f"{SCHEMA}/additionalProperties", True, SCHEMA),
    ("bounded-integers", f"{SCHEMA}/properties/count/maximum", REMOVE, f"{SCHEMA}/properties/count"),
    ("bounded-integers", f"{SCHEMA}/properties/count/format", REMOVE, f"{SCHEMA}/properties/count"),
    ("bounded-strings", f"{SCHEMA}/properties/title/maxLength", REMOVE, f"{SCHEMA}/properties/title"),
    ("bounded-arrays", f"{SCHEMA}/properties/tags/maxItems", REMOVE, f"{SCHEMA}/properties/tags"),
    ("free-text-excludes-controls", f"{SCHEMA}/properties/title/pattern", REMOVE, f"{SCHEMA}/properties/title"),
    ("free-text-excludes-controls", f"{SCHEMA}/properties/title/pattern", "^.*$", f"{SCHEMA}/properties/title/pattern"),
    ("patterns-portable", f"{SCHEMA}/properties/title/pattern", "^\\d+$", f"{SCHEMA}/properties/title/pattern"),
    ("patterns-portable", f"{SCHEMA}/properties/title/pattern", "[a-z]+", f"{SCHEMA}/properties/title/pattern"),
    ("patterns-portable", f"{SCHEMA}/properties/title/pattern", "^a|b$", f"{SCHEMA}/properties/title/pattern"),
    ("patterns-portable", f"{SCHEMA}/properties/title/pattern", "^(?=a).*$", f"{SCHEMA}/properties/title/pattern"),
    (
        "patterns-portable",
        SCHEMA,
        {"patternProperties": {"x": True}},
        f"{SCHEMA}/patternProperties/x",
    ),
    (
        "merge-patch-media-type",
        f"{UPDATE}/requestBody/content",
        {"application/json": {}},
        f"{UPDATE}/requestBody/content/application~1json",
    ),
    ("patch-min-properties", f"{BODY}/schema/minProperties", REMOVE, f"{BODY}/schema"),
    ("patch-min-properties", f"{BODY}/schema/minProperties", 0, f"{BODY}/schema"),
    ("unknown-extension", f"{CREATE}/x-magic", 1, f"{CREATE}/x-magic"),
    ("unknown-extension", "/info/x-logo", "a.png", "/info/x-logo"),
    ("invalid-extension", f"{CREATE}/x-max-body-bytes", "1 MB", f"{CREATE}/x-max-body-bytes"),
    ("invalid-extension", f"{SCHEMA}/x-timeout", 1, f"{SCHEMA}/x-timeout"),
]


@cache
def _good() -> Object:
    return parse(GOOD)


@cache
def _extensions() -> Object:
    return parse(EXTENSIONS)


def good() -> Object:
    return copy_object(_good())


def changed(pointer: str, value: Any) -> Object:
    root = good()
    *above, last = split(pointer)
    holder: Any = root
    for token in above:
        holder = holder[int(token)] if isinstance(holder, list) else holder[token]
    if value is REMOVE:
        del holder[last]
    else:
        holder[last] = value
    # Written and read again, so that what was put in has a place too.
    reader = YamlReader(Text("changed.yaml", to_yaml(root)))
    reader.read()
    assert isinstance(reader.root, Object)
    return reader.root


def only(rule: str) -> Rulebook:
    return Rulebook({rule: Severity.ERROR}, extensions=_extensions())


def test_the_good_contract_is_valid() -> None:
    assert validate(good()) == []


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_contract_that_keeps_the_rule_has_no_findings(rule: str) -> None:
    assert lint(good(), only(rule)) == []


@pytest.mark.parametrize(
    ("rule", "where", "value", "pointer"), BREACHES, ids=[f"{each[0]}-{each[1][-30:]}" for each in BREACHES]
)
def test_a_breach_is_found_at_its_place(rule: str, where: str, value: Any, pointer: str) -> None:
    found = lint(changed(where, value), only(rule))
    assert pointer in [each.pointer for each in found]
    assert {each.rule for each in found} == {rule}
    for each in found:
        assert each.position is not None, "every finding has a place"
        assert each.hint, "every finding has a next step"


def test_every_rule_has_a_breach() -> None:
    assert {each[0] for each in BREACHES} == set(RULES)


def test_a_shared_answer_is_reported_once() -> None:
    root = changed("/components/responses/BadRequest/headers", {})
    assert len(lint(root, only("response-has-request-id"))) == 1


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (f"{SCHEMA}/additionalProperties", {"enum": [1]}),
        (f"{SCHEMA}/properties/count", {"type": "integer", "enum": [1, 2]}),
        (f"{SCHEMA}/properties/title", {"type": "string", "const": "a"}),
        (f"{SCHEMA}/properties/title", {"type": ["string", "null"], "format": "uuid"}),
    ],
)
def test_what_bounds_itself_needs_no_bounds(where: str, value: Any) -> None:
    book = Rulebook(dict.fromkeys(("closed-objects", "bounded-integers", "bounded-strings"), Severity.ERROR))
    assert lint(changed(where, value), book) == []


def test_strings_of_answers_may_hold_anything() -> None:
    answer = f"{READ}/responses/200/content/application~1json/schema"
    root = changed(answer, {"type": "string", "maxLength": 9})
    assert lint(root, only("free-text-excludes-controls")) == []


def test_examples_of_the_30_dialect_may_be_null() -> None:
    root = changed("/openapi", "3.0.3")
    title = look_up(root, f"{SCHEMA}/properties/title")
    title.update({"nullable": True, "example": None})
    count = look_up(root, f"{SCHEMA}/properties/count")
    count.update({"exclusiveMinimum": True, "example": 0})
    assert [each.pointer for each in lint(root, only("example-valid"))] == [f"{SCHEMA}/properties/count/example"]


def test_foreign_contracts_meet_only_what_no_server_can_make_good() -> None:
    root = changed(f"{READ}/responses/401", REMOVE)
    (found,) = lint(root, DEFAULT_RULES)
    assert (found.rule, found.severity) == ("secured-operation-has-401", Severity.WARNING)
