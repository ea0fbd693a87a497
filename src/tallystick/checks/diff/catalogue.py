"""Every rule, as data.

Rules about values come in pairs of sides. A schema is a set of values: for what clients send, a smaller set breaks
(`narrowed`), for what they receive, a larger one does (`widened`); `changed` means that neither set holds the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tallystick.checks.diff.catalogue_operations import OPERATION_RULES
from tallystick.checks.diff.changes import Level, Rule, Side

B, D, H = Level.BREAKING, Level.DANGEROUS, Level.HARMLESS


class Subject(NamedTuple):
    """What a schema says about values; `received` is how bad it is where clients may receive more than before."""

    name: str
    narrowed: str = "narrowed"
    widened: str = "widened"
    received: Level = B
    incomparable: bool = True


SUBJECTS = (
    Subject("type"),
    Subject("null", "refused", "allowed", incomparable=False),
    Subject("enum", "added", "dropped", incomparable=False),
    Subject("enum-value", "removed", "added", D, incomparable=False),
    Subject("const"),
    Subject("format"),
    Subject("pattern", received=D),
    Subject("max-length", incomparable=False),
    Subject("min-length", incomparable=False),
    Subject("maximum", incomparable=False),
    Subject("minimum", incomparable=False),
    Subject("multiple-of"),
    Subject("max-items", incomparable=False),
    Subject("min-items", incomparable=False),
    Subject("unique-items", received=D, incomparable=False),
    Subject("contains"),
    Subject("min-contains", incomparable=False),
    Subject("max-contains", incomparable=False),
    Subject("max-properties", incomparable=False),
    Subject("min-properties", incomparable=False),
    Subject("property-names"),
    Subject("additional-properties", "closed", "opened", D, incomparable=False),
    Subject("pattern-properties", incomparable=False),
    Subject("dependent-required"),
    Subject("dependent-schemas"),
    Subject("conditions"),
    Subject("not"),
    Subject("content-encoding"),
    Subject("content-media-type"),
    Subject("content-schema"),
    Subject("unevaluated"),
    Subject("variant", "removed", "added", incomparable=False),
    Subject("one-of", "exclusive", "inclusive", D, incomparable=False),
)

_WHY = {
    (Side.REQUEST, "narrowed"): "Requests that were accepted may be refused.",
    (Side.REQUEST, "widened"): "Every request that was accepted still is.",
    (Side.REQUEST, "changed"): "Some requests that were accepted may be refused.",
    (Side.RESPONSE, "narrowed"): "Whatever a client receives now, it could have received before.",
    (Side.RESPONSE, "widened"): "Clients may receive what the old contract ruled out.",
    (Side.RESPONSE, "changed"): "Clients may receive what the old contract ruled out.",
}


def _value_rules() -> Iterator[Rule]:
    for each in SUBJECTS:
        for side in Side:
            sent = side is Side.REQUEST
            yield Rule(f"{side}-{each.name}-{each.narrowed}", B if sent else H, _WHY[side, "narrowed"])
            yield Rule(f"{side}-{each.name}-{each.widened}", H if sent else each.received, _WHY[side, "widened"])
            if each.incomparable:
                yield Rule(f"{side}-{each.name}-changed", B if sent else each.received, _WHY[side, "changed"])


_OTHER_SCHEMA_RULES = (
    # Properties that clients send.
    ("request-property-added", H, "Clients need not send it."),
    ("request-property-added-required", B, "Clients that do not send the new property are refused."),
    ("request-property-became-required", B, "Clients that leave the property out are refused."),
    ("request-property-became-optional", H, "Clients may go on sending it."),
    ("request-property-removed-refused", B, "The object is closed: clients that send the property are refused."),
    ("request-property-removed-ignored", D, "Clients may go on sending the property, and nobody reads it."),
    ("request-property-removed-after-sunset", H, "It was deprecated, and the sunset that was announced has passed."),
    ("request-property-became-read-only", B, "Clients that send it are refused, or not heard."),
    ("request-property-became-writable", H, "Clients may send what they could not send before."),
    ("request-read-only-property-narrowed", D, "Clients should not send it, but some send back what they received."),
    ("request-read-only-property-changed", H, "Clients do not send it."),
    ("request-read-only-property-required", D, "Who reads `required` to the letter refuses requests without it."),
    ("request-default-changed", D, "Requests that leave it out mean something else."),
    ("request-parameter-default-changed", B, "Requests without the parameter do something else than before."),
    # Properties that clients receive.
    ("response-property-added", H, "The object is open: clients had to expect properties they do not know."),
    ("response-property-added-closed", D, "The object was closed: clients that check it refuse the new property."),
    ("response-property-became-required", H, "Clients receive it more often than before."),
    ("response-property-became-optional", B, "Clients that rely on the property do not always receive it."),
    ("response-property-removed-required", B, "Clients that rely on the property no longer receive it."),
    ("response-property-removed-optional", D, "Clients that look for the property no longer find it."),
    ("response-property-removed-after-sunset", H, "It was deprecated, and the sunset that was announced has passed."),
    ("response-required-property-became-write-only", B, "Clients that rely on the property no longer receive it."),
    ("response-property-became-write-only", D, "Clients that look for the property no longer find it."),
    ("response-property-became-readable", H, "Clients receive more than before."),
    ("response-write-only-property-changed", H, "Clients do not receive it."),
    ("response-default-changed", H, "What a server leaves out was never promised."),
    # Unions.
    ("request-variants-overlap", B, "oneOf wants exactly one match: values that matched one variant now match two."),
    ("request-variants-may-overlap", D, "oneOf wants exactly one match, and values of a variant may now match two."),
    ("request-schema-wrapped", D, "The same values pass, but code made from the contract gets another type."),
    ("request-discriminator-property-changed", B, "Clients name the variant in a property that nobody reads now."),
    ("response-discriminator-property-changed", B, "Clients find the name of the variant elsewhere than before."),
    ("request-discriminator-value-removed", B, "Clients that send the value are refused."),
    ("request-discriminator-value-added", H, "Clients need not send it."),
    ("response-discriminator-value-added", D, "Clients may receive a variant they do not know."),
    ("response-discriminator-value-removed", H, "Clients no longer receive it."),
    ("request-discriminator-added", D, "Clients that do not send the property may no longer be understood."),
    ("request-discriminator-removed", D, "Which variant is meant is decided in another way."),
    ("response-discriminator-added", H, "The same values are received."),
    ("response-discriminator-removed", D, "Clients that choose the variant by it can no longer rely on it."),
    # Notes.
    ("request-extensible-value-removed", B, "Clients that send the value are refused."),
    ("request-extensible-value-added", H, "Clients need not send it."),
    ("response-extensible-value-removed", H, "Clients no longer receive it."),
    ("response-extensible-value-added", H, "The values were declared open: clients had to expect new ones."),
    ("request-xml-changed", B, "Elements that clients write are no longer found."),
    ("response-xml-changed", B, "Elements that clients read are no longer there."),
    ("property-deprecated", H, "It still works; clients should leave it."),
    ("property-reactivated", H, "It works as before."),
    ("request-keyword-changed", B, "What this tool does not know may refuse what was accepted."),
    ("response-keyword-changed", B, "What this tool does not know may allow what was ruled out."),
    ("idle-keyword-changed", D, "It judges no value of this type, and whoever wrote it meant something."),
    ("extension-changed", H, "An extension that this tool does not know says nothing about values."),
)

_PATCHES = (
    ("documentation-changed", H, "Descriptions, titles and examples promise nothing that a program relies on."),
    ("component-changed", H, "No operation uses it under this name."),
)


def _all() -> Iterator[Rule]:
    yield from _value_rules()
    for name, level, why in (*_OTHER_SCHEMA_RULES, *OPERATION_RULES):
        yield Rule(name, level, why)
    for name, level, why in _PATCHES:
        yield Rule(name, level, why, additive=False)


RULES: dict[str, Rule] = {rule.id: rule for rule in _all()}
SUBJECT: dict[str, Subject] = {subject.name: subject for subject in SUBJECTS}
