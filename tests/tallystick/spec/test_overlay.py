"""Overlays: a fault here changes another part of a contract than the overlay names, or blames the wrong file for it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.reading import ReadOptions, read_contract
from tallystick.spec.validate import validate
from tests.tallystick.spec.reading import HEAD, write

INFO = "info: {title: O, version: '1'}\n"
CONTRACT = (
    HEAD
    + """\
tags: [{name: a}]
paths:
  /items: {$ref: 'paths.yaml#/items'}
  /old:
    get: {operationId: old, responses: {'204': {description: Gone soon.}}}
"""
)
PATHS = """\
items:
  get:
    operationId: listItems
    tags: [a]
    parameters:
      - {name: q, in: query, schema: {type: string}}
      - {name: z, in: query, schema: {type: string}}
    responses: {'200': {description: Fine., content: {application/json: {schema: {$ref: '#/Item'}}}}}
Item: {type: object, properties: {id: {type: string}}}
"""


def overlaid(folder: Path, *actions: str, version: str = "1.0.0", more: str = "") -> Any:
    """The bundle with an overlay of these actions, each from line 4 on, and what it warns of."""
    text = f"overlay: {version}\n{INFO}{more}actions:\n" + "".join(f"  - {action}\n" for action in actions)
    entry = write(folder, openapi=CONTRACT, paths=PATHS, overlay=text)
    return read_contract(entry, ReadOptions((folder / "overlay.yaml",)))


def complaints(folder: Path, *actions: str, version: str = "1.0.0", more: str = "") -> list[str]:
    """`line:column rule`, in the overlay."""
    with pytest.raises(ContractError) as caught:
        overlaid(folder, *actions, version=version, more=more)
    return [shown(each) for each in caught.value.diagnostics]


def shown(each: Diagnostic) -> str:
    assert each.position is not None, each
    assert Path(each.position.file).name == "overlay.yaml", each
    return f"{each.position.line}:{each.position.column} {each.rule}"


def test_objects_are_merged_and_lists_joined(tmp_path: Path) -> None:
    update = "{target: '$.paths[*].get', update: {summary: New, parameters: [{name: n, in: query, schema: {}}]}}"
    get = overlaid(tmp_path, update).bundled["paths"]["/items"]["get"]
    assert get["summary"] == "New"
    assert [each["name"] for each in get["parameters"]] == ["q", "z", "n"]
    assert get["operationId"] == "listItems", "what the overlay does not name stays"


def test_a_value_is_appended_to_a_list(tmp_path: Path) -> None:
    bundled = overlaid(tmp_path, "{target: $.tags, update: {name: b}}").bundled
    assert [tag["name"] for tag in bundled["tags"]] == ["a", "b"]


def test_several_are_removed_at_once(tmp_path: Path) -> None:
    """Removing by index from the front would hit the neighbours."""
    bundled = overlaid(tmp_path, "{target: '$.paths[*].get.parameters[?@.in == ''query'']', remove: true}").bundled
    assert bundled["paths"]["/items"]["get"]["parameters"] == []


def test_actions_see_what_earlier_ones_did(tmp_path: Path) -> None:
    actions = (
        "{target: '$.paths[''/old'']', remove: true}",
        "{target: $.paths, update: {/old: {get: {operationId: reborn, responses: {'200': {description: New.}}}}}}",
        "{target: '$.paths[''/old''].get', update: {summary: Again}}",
    )
    get = overlaid(tmp_path, *actions).bundled["paths"]["/old"]["get"]
    assert (get["operationId"], get["summary"], list(get["responses"])) == ("reborn", "Again", ["200"])


def test_each_match_gets_a_copy_of_its_own(tmp_path: Path) -> None:
    actions = (
        "{target: '$.paths[*].get', update: {x-note: {n: 1}}}",
        "{target: '$.paths[''/old''].get[''x-note'']', update: {n: 2}}",
    )
    paths = overlaid(tmp_path, *actions).bundled["paths"]
    assert (paths["/items"]["get"]["x-note"], paths["/old"]["get"]["x-note"]) == ({"n": 1}, {"n": 2})


def test_overlays_follow_each_other(tmp_path: Path) -> None:
    entry = write(tmp_path, openapi=CONTRACT, paths=PATHS)
    files = []
    for number in (1, 2):
        file = tmp_path / f"{number}.json"
        action = {"target": "$.info", "update": {"title": f"Title {number}", f"x-{number}": number}}
        file.write_text(json.dumps({"overlay": "1.0.0", "info": {"title": "", "version": ""}, "actions": [action]}))
        files.append(file)
    info = read_contract(entry, ReadOptions(tuple(files))).bundled["info"]
    assert (info["title"], info["x-1"], info["x-2"]) == ("Title 2", 1, 2)


def test_what_an_overlay_brings_is_blamed_on_it(tmp_path: Path) -> None:
    """Scalars, keys and list elements alike; what was there before keeps its place."""
    actions = (
        "{target: $.components.schemas.Item, update: {type: strin}}",
        "{target: $.components.schemas.Item.properties, update: {size: {minimum: few}}}",
        "{target: '$.paths[''/items''].get', update: {sumary: x}}",
        "{target: '$.paths[''/items''].get.parameters', update: {name: limit, in: nowhere, schema: {}}}",
    )
    found = dict.fromkeys(shown(each) for each in validate(overlaid(tmp_path, *actions).bundled))
    wrong = {"strin": "schema", "few": "schema", "sumary": "structure", "nowhere": "structure"}
    pairs = zip(actions, wrong.items(), strict=True)
    assert list(found) == [
        f"{line}:{5 + action.index(word)} {rule}" for line, (action, (word, rule)) in enumerate(pairs, 4)
    ]


def test_places_stay_right_behind_a_removal(tmp_path: Path) -> None:
    actions = (
        "{target: '$.paths[*].get.parameters[0]', remove: true}",
        "{target: '$.paths[*].get.parameters', update: {name: z, in: query, schema: {}}}",
    )
    (found,) = validate(overlaid(tmp_path, *actions).bundled)
    assert shown(found) == "5:51 parameter-duplicate"
    assert "paths.yaml:7:9" in found.message, "the first of the two moved up, and still stands in line 7"


def test_a_target_that_matches_nothing_is_told(tmp_path: Path) -> None:
    reading = overlaid(tmp_path, "{target: $.paths.nope, remove: true}")
    assert [shown(each) for each in reading.warnings] == ["4:14 overlay-target"]
    assert set(reading.bundled["paths"]) == {"/items", "/old"}


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        ("{target: '$.paths[', remove: true}", "4:14 overlay-path"),
        ("{target: paths, remove: true}", "4:14 overlay-path"),
        ("{target: '$.paths[?@.a == nope(@)]', remove: true}", "4:14 overlay-path"),
        ("{target: $.info.x-logo, remove: true}", "4:14 overlay-path"),
        ("{targte: $.paths, remove: true}", "4:6 overlay-structure"),
        ("{target: $.info, updaet: {title: x}, remove: true}", "4:22 overlay-structure"),
        ("{target: $.info, remove: 'yes'}", "4:30 overlay-structure"),
        ("{target: $.info, update: {title: x}, remove: true}", "4:22 overlay-action"),
        ("{target: $.info.title, update: Other}", "4:36 overlay-action"),
        ("{target: $.info.title, remove: true}", "4:14 overlay-action"),
        ("{target: $.info, update: Other}", "4:30 overlay-action"),
        ("{target: $.info, update: {title: {a: 1}}}", "4:30 overlay-action"),
        ("{target: $, remove: true}", "4:14 overlay-action"),
        ("{target: $.info, copy: $.paths}", "4:22 overlay-structure"),
        ("{target: $.components.schemas.Item, update: {properties: {n: {$ref: 'other.yaml#/N'}}}}", "ref-external"),
        ("{target: $.components.schemas, update: {A: {$ref: '#/components/schemas/A'}}}", "ref-cycle"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(tmp_path: Path, action: str, problem: str) -> None:
    assert any(each.endswith(problem) for each in complaints(tmp_path, action)), complaints(tmp_path, action)


def test_a_removal_that_leaves_references_behind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError) as caught:
        overlaid(tmp_path, "{target: $.components.schemas.Item, remove: true}")
    (found,) = caught.value.diagnostics
    assert (found.rule, found.position and found.position.line) == ("ref-pointer", 8), (
        "it is the reference that is left"
    )


@pytest.mark.parametrize(
    ("version", "more", "problem"),
    [
        ("2.0.0", "", "1:10 overlay-version"),
        ("1.0", "", "1:10 overlay-structure"),
        ("1.0.0", "extends: other.yaml\n", "3:10 overlay-extends"),
        ("1.0.0", "extend: openapi.yaml\n", "3:1 overlay-structure"),
    ],
)
def test_the_head_of_an_overlay_is_checked(tmp_path: Path, version: str, more: str, problem: str) -> None:
    assert problem in complaints(tmp_path, "{target: $.info, update: {x-a: 1}}", version=version, more=more)


def test_extends_may_name_the_contract(tmp_path: Path) -> None:
    reading = overlaid(tmp_path, "{target: $.info, update: {x-a: 1}}", more="extends: ./openapi.yaml\n")
    assert reading.bundled["info"]["x-a"] == 1


def test_version_1_1_changes_single_values_and_copies(tmp_path: Path) -> None:
    actions = (
        "{target: $.info.title, update: Other}",
        "{target: '$.paths[*].get.tags[?@ == ''a'']', remove: true}",
        "{target: '$.paths[''/old''].get', copy: '$.paths[''/items''].get'}",
    )
    bundled = overlaid(tmp_path, *actions, version="1.1.0").bundled
    old = bundled["paths"]["/old"]["get"]
    assert bundled["info"]["title"] == "Other"
    assert (old["operationId"], old["tags"], set(old["responses"])) == ("listItems", [], {"200", "204"})


def test_a_bomb_of_copies_is_refused(tmp_path: Path) -> None:
    """Each action doubles the document: thirty lines would ask for a billion nodes."""
    bomb = ["{target: '$.info', copy: '$.paths'}", *["{target: '$.info', update: {x-a: {}}}"]]
    bomb += [f"{{target: '$.paths', update: {{x{n}: {{}}}}}}" for n in range(30)]
    bomb += [f"{{target: '$.paths.x{n}', copy: '$.paths'}}" for n in range(30)]
    started = time.monotonic()
    assert complaints(tmp_path, *bomb, version="1.1.0")[0].endswith("overlay-action")
    assert time.monotonic() - started < 30
