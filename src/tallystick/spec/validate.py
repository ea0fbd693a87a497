"""Whether a bundled contract is valid OpenAPI: what openapi-spec-validator knows, and what it misses."""

from __future__ import annotations

from tallystick.spec.errors import Diagnostic, in_order
from tallystick.spec.grammar import walk
from tallystick.spec.nodes import Object
from tallystick.spec.rules.additions import check_additions
from tallystick.spec.rules.links import check_links
from tallystick.spec.rules.operations import check_operations
from tallystick.spec.rules.references import check_containment, check_references
from tallystick.spec.rules.schemas import check_schemas
from tallystick.spec.rules.servers import check_servers
from tallystick.spec.rules.structure import check_structure
from tallystick.spec.rules.version import check_version, supported_version


def validate(bundled: Object) -> list[Diagnostic]:
    """Every problem, in order of place; empty for a valid contract."""
    version = supported_version(bundled)
    if version is None:
        return list(check_version(bundled))
    places = list(walk(bundled))
    return in_order(
        [
            *check_structure(bundled, version),
            *check_references(bundled, places),
            *check_containment(places),
            *check_operations(bundled, places),
            *check_links(bundled, places),
            *(check_additions(bundled, places) if version == "3.2" else ()),
            *check_servers(places, version),
            *check_schemas(bundled, places, version),
        ]
    )
