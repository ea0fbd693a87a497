"""Leads cases through the doors of this product. Each rule says why the tool cannot find the way by itself.

A case that breaks the contract on purpose is never repaired. The one thing that changes in it too is who sends it,
where a success would end an identity that the rest of the run needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from schemathesis import Case, Response
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase

from tests.fuzz.world import World

AnyCase = Case[Any]
Steer = Callable[[World, AnyCase], None]

MOSTLY = 0.85
SOMETIMES = 0.3
RARELY = 0.1


def is_positive(case: AnyCase) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


def repairs(world: World, case: AnyCase, share: float = MOSTLY) -> bool:
    """Whether to lead this case: most positive ones, and all until one of the scenario got through.

    Schemathesis warns of each scenario without an accepted case, and a scenario may have two cases only.
    """
    if not is_positive(case):
        return False
    is_stateful = case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL
    return world.chance(share) or not (world.is_served or is_stateful)


def send_as(case: AnyCase, authorization: str, name: str | None = None) -> None:
    """Change who sends a case; one that comes without credentials on purpose stays as it is."""
    if case.auth_identity is None:
        return
    case.headers["Authorization"] = authorization
    if name is not None:
        case._auth_identity = name


def path_is_valid(case: AnyCase) -> bool:
    return case.meta is None or not case.meta.is_negative_at(ParameterLocation.PATH)


# ---------------------------------------------------------------- who


def as_administrator(world: World, case: AnyCase) -> None:
    """Schemathesis finds out by trial who is admitted: too many 403 and 401 before it arrives at the administrator."""
    send_as(case, world.people.tokens("admin").authorization, "admin")


def as_somebody(world: World, case: AnyCase) -> None:
    """These operations end an account, a session or a password: Alice has to live through the run."""
    send_as(case, world.somebody().tokens.authorization)


def at_times_as_moderator(world: World, case: AnyCase) -> None:
    """Moderators read what is not theirs, by another query of the server."""
    if is_positive(case) and world.chance(RARELY):
        send_as(case, world.people.tokens("mod").authorization, "mod")


# ---------------------------------------------------------------- what


def real_item(world: World, case: AnyCase) -> None:
    """A generated id never exists, and what lies behind 404 is not tested. Ids that links lead to stay."""
    if repairs(world, case) and not _is_led_to(world, case, case.path_parameters["item_id"]):
        case.path_parameters["item_id"] = world.an_item()


def item_to_delete(world: World, case: AnyCase) -> None:
    """As above, with an item that nothing else uses."""
    if repairs(world, case) and not _is_led_to(world, case, case.path_parameters["item_id"]):
        case.path_parameters["item_id"] = world.new_item()


def _is_led_to(world: World, case: AnyCase, item_id: str) -> bool:
    """Whether an id is there, or is gone and a step of a sequence asks for it on purpose."""
    if case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL:
        return item_id in world.known_items
    return item_id in world.items


def current_version(world: World, case: AnyCase) -> None:
    """A generated If-Match never matches, and what lies behind 412 is not tested."""
    if repairs(world, case):
        etag = world.etag_of(case.path_parameters["item_id"])
        if etag is not None:
            case.headers["If-Match"] = etag


def known_version(world: World, case: AnyCase) -> None:
    """A generated If-None-Match never matches either: no 304."""
    if is_positive(case) and world.chance(SOMETIMES if "If-None-Match" in case.headers else RARELY):
        etag = world.etag_of(case.path_parameters["item_id"])
        if etag is not None:
            case.headers["If-None-Match"] = etag


def fresh_key(world: World, case: AnyCase) -> None:
    """The tool sends one key with many bodies, which is refused (422) whatever the body is like."""
    if is_positive(case) and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid4())


def wider_list(world: World, case: AnyCase) -> None:
    """Generated filters together match nothing, and empty pages prove little."""
    if is_positive(case) and world.chance(0.5):
        for name in ("cursor", "owner_id", "created_after", "created_before", "q"):
            case.query.pop(name, None)


def spare_user(world: World, case: AnyCase) -> None:
    """Administrators change and delete accounts that nothing depends on, in negative cases too."""
    if not path_is_valid(case):
        return
    given = case.path_parameters["user_id"]
    if given in world.protected or (given not in world.known_users and repairs(world, case)):
        case.path_parameters["user_id"] = world.a_user()


def real_user(world: World, case: AnyCase) -> None:
    """As with items: behind 404 nothing is tested."""
    if case.path_parameters["user_id"] not in world.known_users and repairs(world, case):
        case.path_parameters["user_id"] = world.people.id_of(world.random.choice(("alice", "bob", "mod")))


def untaken_email(world: World, case: AnyCase) -> None:
    """The tool sends the same address again while it varies the rest: 409 would hide what the rest does."""
    if not isinstance(case.body, dict) or not repairs(world, case):
        return
    if str(case.body.get("email", "")).lower() in world.taken_emails:
        case.body["email"] = world.new_email()


def right_password(world: World, case: AnyCase) -> None:
    """Nobody guesses the current password."""
    if isinstance(case.body, dict) and repairs(world, case):
        case.body["current_password"] = world.somebody().login.password


def own_session(world: World, case: AnyCase) -> None:
    """Sessions cannot be created by a request of their own, so that the tool knows none of the sender's."""
    if repairs(world, case):
        case.path_parameters["session_id"] = world.other_session()


def valid_grant(world: World, case: AnyCase) -> None:
    """Nobody guesses a password or a refresh token; each success starts a session of an account to spend."""
    if not isinstance(case.body, dict) or not repairs(world, case, 0.7):
        return
    spare = world.somebody()
    if world.chance(0.6):
        grant = {"grant_type": "password", "username": spare.login.email, "password": spare.login.password}
    else:
        grant = {"grant_type": "refresh_token", "refresh_token": world.api.sign_in(spare.login).refresh}
    if world.chance(SOMETIMES):
        grant["scope"] = world.random.choice(("me:read", "items:read items:write", "me:read me:write items:read"))
    case.body.clear()
    case.body.update(grant)


def living_token(world: World, case: AnyCase) -> None:
    """Revoking what does not exist succeeds too, but does nothing."""
    if is_positive(case) and isinstance(case.body, dict) and world.chance(0.5):
        tokens = world.api.sign_in(world.somebody().login)
        case.body["token"] = tokens.refresh if world.chance(0.5) else tokens.access


STEERS: dict[str, tuple[Steer, ...]] = {
    "issueToken": (valid_grant,),
    "revokeToken": (living_token,),
    "registerUser": (untaken_email,),
    "deleteMe": (as_somebody,),
    "changePassword": (as_somebody, right_password),
    "revokeMySession": (as_somebody, own_session),
    "listUsers": (as_administrator, wider_list),
    "createUser": (as_administrator, untaken_email),
    "getUser": (as_administrator, real_user),
    "updateUser": (as_administrator, spare_user, untaken_email),
    "deleteUser": (as_administrator, spare_user),
    "listItems": (at_times_as_moderator, wider_list),
    "createItem": (fresh_key,),
    "getItem": (at_times_as_moderator, real_item, known_version),
    "replaceItem": (real_item, current_version),
    "updateItem": (real_item, current_version),
    "deleteItem": (item_to_delete, current_version),
}


def steer(world: World, case: AnyCase) -> None:
    """Apply the rules of a case's operation; a request with a method that is not declared has none."""
    operation_id = case.operation.definition.raw.get("operationId", "")
    if _is_declared(case):
        world.enter(f"{case.meta.phase.name if case.meta else None} {case.operation.label}")
        for rule in STEERS.get(operation_id, ()):
            rule(world, case)


def _is_declared(case: AnyCase) -> bool:
    return bool(case.method.upper() == case.operation.method.upper())


def learn(world: World, case: AnyCase, response: Response) -> None:
    """Follow what a case did to the state of the server."""
    if not _is_declared(case):
        return
    if is_positive(case) and 200 <= response.status_code < 400:
        world.is_served = True
    if not 200 <= response.status_code < 300:
        if response.status_code in (404, 412) and case.path_parameters:
            world.etags.pop(case.path_parameters.get("item_id", ""), None)
        return
    operation_id = case.operation.definition.raw.get("operationId", "")
    if operation_id in ("deleteMe", "changePassword"):
        world.spare = None
    elif operation_id == "deleteItem":
        world.drop_item(case.path_parameters["item_id"])
    elif operation_id == "deleteUser":
        world.forget_user(case.path_parameters["user_id"])
    elif operation_id in ("createItem", "replaceItem", "updateItem", "getItem"):
        _learn_item(world, _object(response), response.headers.get("etag", []), mine=operation_id == "createItem")
    elif operation_id in ("registerUser", "createUser", "updateUser"):
        user = _object(response)
        world.known_users.add(str(user.get("id")))
        world.taken_emails.add(str(user.get("email")).lower())


def _learn_item(world: World, item: dict[str, Any], etags: list[str], *, mine: bool) -> None:
    item_id = str(item.get("id"))
    if mine and "id" in item:
        world.add_item(item_id)
    if etags:
        world.etags[item_id] = etags[0]


def _object(response: Response) -> dict[str, Any]:
    """The body; empty if a faulty server sent something else, which is the checks' concern."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
