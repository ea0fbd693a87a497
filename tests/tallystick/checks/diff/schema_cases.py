"""Old and new for each rule about schemas that is not about a set of values alone."""

from tests.support.differences import operation, parameter, request, response

Cases = dict[str, tuple[str, str]]


def _object(*properties: str, required: str = "", more: str = "") -> str:
    return f"type: object, required: [{required}], properties: {{{', '.join(properties)}}}{more}"


_PET = """
components:
  schemas:
    Cat: {type: object, required: [kind], properties: {kind: {type: string}, lives: {type: integer}}}
    Dog: {type: object, required: [kind], properties: {kind: {type: string}, barks: {type: boolean}}}
"""
_BOTH = "oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]"
_CAT = "#/components/schemas/Cat"
_DOG = "#/components/schemas/Dog"
_CLOSED = ", additionalProperties: false"
_PAST = "deprecated: true, x-sunset: '2020-01-01'"


def _pets(mapping: str, name: str = "kind") -> str:
    return f"{_BOTH}, discriminator: {{propertyName: {name}, mapping: {mapping}}}"


_TWO = f"{{cat: '{_CAT}', dog: '{_DOG}'}}"
_THREE = f"{{cat: '{_CAT}', dog: '{_DOG}', kitten: '{_CAT}'}}"
_A, _B = "a: {type: string}", "b: {type: string}"
_READ_ONLY = "a: {type: string, readOnly: true}"
_WRITE_ONLY = "a: {type: string, writeOnly: true}"

REQUESTS: Cases = {
    "request-property-added": (_object(_A), _object(_A, _B)),
    "request-property-added-required": (_object(_A), _object(_A, _B, required="b")),
    "request-property-became-required": (_object(_A), _object(_A, required="a")),
    "request-property-became-optional": (_object(_A, required="a"), _object(_A)),
    "request-property-removed-refused": (_object(_A, _B, more=_CLOSED), _object(_A, more=_CLOSED)),
    "request-property-removed-ignored": (_object(_A, _B), _object(_A)),
    "request-property-removed-after-sunset": (_object(_A, f"b: {{{_PAST}}}"), _object(_A)),
    "request-property-became-read-only": (_object(_A), _object(_READ_ONLY)),
    "request-property-became-writable": (_object(_READ_ONLY), _object(_A)),
    "request-read-only-property-narrowed": (_object(_READ_ONLY), _object("a: {type: 'null', readOnly: true}")),
    "request-read-only-property-changed": (
        _object(_READ_ONLY),
        _object("a: {type: [string, 'null'], readOnly: true}"),
    ),
    "request-read-only-property-required": (_object(_READ_ONLY), _object(_READ_ONLY, required="a")),
    "request-default-changed": (_object("a: {default: 1}"), _object("a: {default: 2}")),
    "request-variants-overlap": (
        "oneOf: [{type: string, maxLength: 3}, {type: integer}]",
        "oneOf: [{type: string, maxLength: 3}, {type: integer}, {type: string}]",
    ),
    "request-variants-may-overlap": (
        "oneOf: [{type: string, maxLength: 3}, {type: integer}]",
        "oneOf: [{type: string, maxLength: 3}, {type: integer}, {type: string, pattern: a}]",
    ),
    "request-schema-wrapped": ("type: string", "oneOf: [{type: string}, {type: integer}]"),
    "request-discriminator-property-changed": (_pets(_TWO), _pets(_TWO, "species")),
    "request-discriminator-value-removed": (_pets(_THREE), _pets(_TWO)),
    "request-discriminator-value-added": (_pets(_TWO), _pets(_THREE)),
    "request-discriminator-added": (_BOTH, _pets(_TWO)),
    "request-discriminator-removed": (_pets(_TWO), _BOTH),
    "request-extensible-value-removed": ("x-extensible-enum: [a, b]", "x-extensible-enum: [a]"),
    "request-extensible-value-added": ("x-extensible-enum: [a]", "x-extensible-enum: [a, b]"),
    "request-keyword-changed": ("divisibleBy: 2", "divisibleBy: 3"),
    "idle-keyword-changed": ("type: string, maximum: 4", "type: string, maximum: 5"),
    "extension-changed": ("type: string, x-colour: red", "type: string, x-colour: blue"),
    "documentation-changed": ("type: string, title: A", "type: string, title: B"),
    "property-deprecated": (_object(_A), _object("a: {type: string, deprecated: true}")),
    "property-reactivated": (_object("a: {type: string, deprecated: true}"), _object(_A)),
}

RESPONSES: Cases = {
    "response-property-added": (_object(_A), _object(_A, _B)),
    "response-property-added-closed": (_object(_A, more=_CLOSED), _object(_A, _B, more=_CLOSED)),
    "response-property-became-required": (_object(_A), _object(_A, required="a")),
    "response-property-became-optional": (_object(_A, required="a"), _object(_A)),
    "response-property-removed-required": (_object(_A, _B, required="b"), _object(_A)),
    "response-property-removed-optional": (_object(_A, _B), _object(_A)),
    "response-property-removed-after-sunset": (_object(f"a: {{{_PAST}}}", required="a"), _object()),
    "response-required-property-became-write-only": (_object(_A, required="a"), _object(_WRITE_ONLY, required="a")),
    "response-property-became-write-only": (_object(_A), _object(_WRITE_ONLY)),
    "response-property-became-readable": (_object(_WRITE_ONLY), _object(_A)),
    "response-write-only-property-changed": (_object(_WRITE_ONLY), _object("a: {type: integer, writeOnly: true}")),
    "response-default-changed": (_object("a: {default: 1}"), _object("a: {default: 2}")),
    "response-discriminator-property-changed": (_pets(_TWO), _pets(_TWO, "species")),
    "response-discriminator-value-added": (_pets(_TWO), _pets(_THREE)),
    "response-discriminator-value-removed": (_pets(_THREE), _pets(_TWO)),
    "response-discriminator-added": (_BOTH, _pets(_TWO)),
    "response-discriminator-removed": (_pets(_TWO), _BOTH),
    "response-extensible-value-removed": ("x-extensible-enum: [a, b]", "x-extensible-enum: [a]"),
    "response-extensible-value-added": ("x-extensible-enum: [a]", "x-extensible-enum: [a, b]"),
    "response-keyword-changed": ("divisibleBy: 2", "divisibleBy: 3"),
}


def _xml(name: str, *, sent: bool) -> str:
    content = f"content: {{application/xml: {{schema: {{type: object, xml: {{name: {name}}}}}}}}}"
    if sent:
        return operation(f"requestBody: {{{content}}}", "post")
    return operation(f"responses: {{'200': {{description: Fine, {content}}}}}")


SCHEMA_CASES: Cases = {
    **{rule: (request(old, _PET), request(new, _PET)) for rule, (old, new) in REQUESTS.items()},
    **{rule: (response(old, _PET), response(new, _PET)) for rule, (old, new) in RESPONSES.items()},
    "request-parameter-default-changed": (
        parameter("{name: a, in: query, schema: {default: 1}}"),
        parameter("{name: a, in: query, schema: {default: 2}}"),
    ),
    "request-xml-changed": (_xml("a", sent=True), _xml("b", sent=True)),
    "response-xml-changed": (_xml("a", sent=False), _xml("b", sent=False)),
    "component-changed": (
        operation("", more="components: {schemas: {Old: {type: string}}}"),
        operation("", more="components: {schemas: {Old: {type: integer}}}"),
    ),
}
