"""Error answers of other shapes than problems: how the run time's refusals are said in them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from tallystick.generator.media import base_name, is_json, is_xml
from tallystick.generator.samples import Sampler
from tallystick.spec.model import Contract, MediaType, Response
from tallystick.spec.xml_writing import write_xml

_PROBLEM_JSON = "application/problem+json"
_BASE = "urn:contract"
_PREFIX = "#/components/schemas/"
# What the renderer may add to a problem (RFC 9457, and our own members).
_MEMBERS = {
    "type": "/problems/x",
    "title": "X",
    "status": 400,
    "detail": "A sentence.",
    "instance": "/x",
    "request_id": "x",
    "errors": [{"location": "body", "pointer": "/x", "code": "x", "message": "A sentence."}],
}
_FIXED = ("type", "title", "status")
# Where a sentence goes, the best first; else the first text without rules.
_SENTENCES = ("detail", "message", "error_description", "description", "msg", "reason", "error", "title")
_RULES = frozenset({"const", "enum", "pattern", "format", "maxLength"})
_MANY_WORDS = "word " * 100
_DEEPEST = 6
_ANYTHING = ("*/*", "application/*")
# Where the sentence goes in XML that is written at generation.
_MARK = "\ue000"

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What `ProblemSpec` is told: fixed members, those the renderer may add, the place of the sentence; the template
    where the body is no object."""

    constants: Mapping[str, Any]
    members: frozenset[str]
    sentence: Path = ()
    template: str | list[Any] | None = None

    def filled(self) -> Any:
        """The body as it will be at its fullest."""
        if self.template == "":
            return _MANY_WORDS
        if self.template is not None:
            return put(self.template, self.sentence, _MANY_WORDS) if self.sentence else self.template
        optional = {name: _MEMBERS[name] for name in self.members if name not in _FIXED}
        body = {**self.constants, **optional}
        return put(body, self.sentence, _MANY_WORDS) if self.sentence else body

    def bare(self) -> Any:
        """The body with nothing added."""
        return dict(self.constants) if self.template is None else self.template


class Shapes:
    """The specs of a contract's error answers that are no problems, each under a name in the operation table."""

    def __init__(self, contract: Contract) -> None:
        self._schemas = contract.schemas
        self._sampler = Sampler(contract.schemas)
        self._registry: Any = None
        self._names: dict[str, str] = {}
        self._shapes: dict[str, Shape | None] = {}

    @property
    def declarations(self) -> tuple[tuple[str, str], ...]:
        """Name and expression of each spec that was asked for."""
        return tuple((name, expression) for expression, name in self._names.items())

    def name(self, slug: str, title: str, status: int, response: Response) -> str | None:
        """The spec for a refusal that this answer has to say; None if no value of its schema was found."""
        media = min(filter(_says_sentences, response.media), key=_rank, default=None)
        if media is None and response.media:
            return None
        fixed = {"type": f"/problems/{slug}", "title": title, "status": status}
        shape = self._shape(fixed, media)
        if shape is None:
            return None
        if media is not None and is_xml(base_name(media.name)):
            parts = [repr(slug), str(status), repr(media.name), "{}", "frozenset()"]
            return self._named([*parts, f"written={self._xml(shape, media)!r}"])
        parts = [repr(slug), str(status), repr(_sent_as(media)), repr(_plain(shape.constants))]
        parts.append(f"frozenset({sorted(shape.members)!r})" if shape.members else "frozenset()")
        if shape.sentence:
            parts.append(repr(shape.sentence))
        if shape.template is not None:
            parts.append(f"template={_plain(shape.template)!r}")
        return self._named(parts)

    def _named(self, parts: list[str]) -> str:
        expression = f"ProblemSpec({', '.join(parts)})"
        return self._names.setdefault(expression, f"SHAPE_{len(self._names) + 1}")

    def _xml(self, shape: Shape, media: MediaType) -> tuple[str, ...]:
        """The pieces of the document around the sentence."""
        body = _MARK if shape.template == "" else shape.bare()
        body = put(body, shape.sentence, _MARK) if shape.sentence else body
        return tuple(write_xml(_plain(body), media.schema, self._sampler.merged).split(_MARK))

    def _shape(self, fixed: Mapping[str, Any], media: MediaType | None) -> Shape | None:
        if media is None:
            return Shape({}, frozenset())
        if media.schema is None:
            is_text = base_name(media.name).startswith("text/") or is_xml(base_name(media.name))
            return Shape({}, frozenset(), template="") if is_text else Shape(fixed, frozenset(_MEMBERS))
        key = json.dumps([fixed, media.name, media.schema, media.node.get("example")], sort_keys=True, default=str)
        if key not in self._shapes:
            self._shapes[key] = self._first_valid(fixed, media)
        return self._shapes[key]

    def _first_valid(self, fixed: Mapping[str, Any], media: MediaType) -> Shape | None:
        validator = self._validator(media.schema)
        for shape in self._candidates(fixed, media):
            if validator.is_valid(shape.filled()) and (shape.template == "" or validator.is_valid(shape.bare())):
                return shape
        return None

    def _candidates(self, fixed: Mapping[str, Any], media: MediaType) -> Iterator[Shape]:
        node = self._sampler.merged(media.schema)
        properties: Mapping[str, Any] = node.get("properties", {})
        closed = node.get("additionalProperties") is False or node.get("unevaluatedProperties") is False
        names = frozenset(_MEMBERS) if not closed else frozenset(_MEMBERS) & properties.keys()
        sample = self._sampler.sample(media.schema)
        if isinstance(sample, str | list):
            yield from self._templates(sample, media.schema)
        is_markup = is_xml(base_name(media.name))
        if not isinstance(sample, dict) or (base_name(media.name).startswith("text/") and not is_markup):
            return
        required = {name: sample[name] for name in node.get("required", ()) if name in sample}
        if is_markup:
            pass  # what is told stands in one place
        elif base_name(media.name) == _PROBLEM_JSON or {"type", "title"} <= properties.keys() or "detail" in properties:
            told = {name: value for name, value in fixed.items() if name in names}
            yield Shape({**required, **told}, names)
            yield Shape({**required, **told}, names - {"errors"})
        for body in (self._told(sample, properties, fixed["status"]), sample):
            for place in _sentences(body, self._sampler, media.schema):
                yield Shape(body, frozenset(), place)
            yield Shape(body, frozenset())

    def _templates(self, sample: str | list[Any], schema: Any) -> Iterator[Shape]:
        """Bodies that are a text or a list."""
        if isinstance(sample, str):
            yield Shape({}, frozenset(), template="")
        else:
            for place in _sentences(sample, self._sampler, schema):
                yield Shape({}, frozenset(), place, sample)
        yield Shape({}, frozenset(), template=sample)

    def _told(self, sample: dict[str, Any], properties: Mapping[str, Any], status: int) -> dict[str, Any]:
        """The sample, with the status where it says one."""
        told = dict(sample)
        for name in ("status", "code", "statusCode", "status_code"):
            if type(sample.get(name)) is int and "const" not in self._sampler.merged(properties.get(name)):
                told[name] = status
        return told

    def _validator(self, schema: Any) -> Any:
        if self._registry is None:
            root = json.loads(json.dumps({"components": {"schemas": self._schemas}}))
            self._registry = jsonschema_rs.Registry([(_BASE, root)])
        text = json.dumps(schema).replace(f'"{_PREFIX}', f'"{_BASE}{_PREFIX}')
        return jsonschema_rs.Draft202012Validator(json.loads(text), registry=self._registry, validate_formats=True)


def _says_sentences(media: MediaType) -> bool:
    """Whether it is JSON, may be JSON, or is text or XML."""
    name = base_name(media.name)
    return is_json(name) or name in _ANYTHING or name.startswith("text/") or is_xml(name)


def _rank(media: MediaType) -> int:
    name = base_name(media.name)
    return 0 if is_json(name) else 1 if name in _ANYTHING else 3 if is_xml(name) else 2


def _sent_as(media: MediaType | None) -> str:
    """The media type of the answer; none where it has no content."""
    if media is None:
        return ""
    name = base_name(media.name)
    return {"*/*": "application/json", "application/*": "application/json", "text/*": "text/plain"}.get(
        name, media.name
    )


def put(value: Any, place: Path, leaf: Any) -> Any:
    """A copy with another value at a place."""
    result = copy.deepcopy(value)
    node = result
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = leaf
    return result


def _sentences(body: Any, sampler: Sampler, schema: Any) -> list[Path]:
    """Places of texts without rules, the best first."""
    found = list(_free_texts(body, sampler, schema, ()))
    rank = {name: place for place, name in enumerate(_SENTENCES)}
    return sorted(found, key=lambda path: (min([rank[s] for s in path if s in rank], default=len(rank)), len(path)))


def _free_texts(value: Any, sampler: Sampler, schema: Any, path: Path) -> Iterator[Path]:
    node = sampler.merged(schema)
    if isinstance(value, str):
        if not _RULES & node.keys():
            yield path
    elif len(path) >= _DEEPEST:
        return
    elif isinstance(value, dict):
        for name, one in value.items():
            inner = node.get("properties", {}).get(name, node.get("additionalProperties", {}))
            yield from _free_texts(one, sampler, inner, (*path, name))
    elif isinstance(value, list) and value:
        yield from _free_texts(value[0], sampler, node.get("items", {}), (*path, 0))


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))
