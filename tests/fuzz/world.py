"""What the steering knows of the server's state: things that exist, their versions, and people to spend."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from random import Random
from uuid import uuid4

from tests.fuzz.people import FRESH_SECONDS, Api, Login, People, SeedError, Tokens


@dataclass(slots=True)
class Spare:
    """An account that one case may end, with its password and a second session to revoke."""

    login: Login
    id: str
    tokens: Tokens
    since: float


@dataclass(slots=True)
class World:
    """Follows the run: what was made and deleted, which e-mail addresses are taken."""

    api: Api
    people: People
    random: Random
    # Everything that ever existed: a link may lead to what is gone on purpose, and stays as it is then.
    known_items: set[str] = field(default_factory=set)
    known_users: set[str] = field(default_factory=set)
    taken_emails: set[str] = field(default_factory=set)
    # Those of Alice that are there.
    items: list[str] = field(default_factory=list)
    etags: dict[str, str] = field(default_factory=dict)
    spare: Spare | None = None
    spare_user: str | None = None
    scenario: str = ""
    # Whether a positive case of this scenario was accepted.
    is_served: bool = False

    def enter(self, scenario: str) -> None:
        """Cases of one operation in one phase come one after the other."""
        if scenario != self.scenario:
            self.scenario, self.is_served = scenario, False

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def begin(self) -> None:
        """Learn what the seed has made."""
        page = self.api.call("GET", "/api/v1/items?limit=100", self.alice).json()
        for item in page["data"]:
            self.add_item(item["id"])
        self.known_users |= self.people.ids

    @property
    def protected(self) -> set[str]:
        """Accounts that nobody may change or delete but they themselves."""
        return self.people.ids | ({self.spare.id} if self.spare is not None else set())

    @property
    def alice(self) -> str:
        return self.people.tokens("alice").authorization

    def add_item(self, item_id: str, etag: str | None = None) -> None:
        if item_id not in self.known_items:
            self.known_items.add(item_id)
            self.items.append(item_id)
        if etag is not None:
            self.etags[item_id] = etag

    def drop_item(self, item_id: str) -> None:
        self.etags.pop(item_id, None)
        if item_id in self.items:
            self.items.remove(item_id)

    def an_item(self) -> str:
        """An item of Alice's that exists."""
        if not self.items:
            self.add_item(*self.api.create_item(self.alice))
        return self.random.choice(self.items)

    def etag_of(self, item_id: str) -> str | None:
        """The current version; None if the item is gone."""
        if item_id not in self.etags:
            try:
                answer = self.api.call("GET", f"/api/v1/items/{item_id}", self.alice)
            except SeedError:
                return None
            self.etags[item_id] = answer.headers["ETag"]
        return self.etags[item_id]

    def new_item(self) -> str:
        """An item of Alice's that nobody will miss."""
        item_id, etag = self.api.create_item(self.alice)
        self.known_items.add(item_id)
        self.etags[item_id] = etag
        return item_id

    def somebody(self) -> Spare:
        """An account to spend, signed in; the same one until a case has used it up."""
        now = time.monotonic()
        if self.spare is None or now - self.spare.since > FRESH_SECONDS:
            login, user_id = self.api.somebody()
            self.spare = Spare(login, user_id, self.api.sign_in(login), now)
            self.known_users.add(user_id)
        return self.spare

    def other_session(self) -> str:
        """Another session of the account to spend."""
        return str(self.api.sign_in(self.somebody().login).claims["sid"])

    def a_user(self) -> str:
        """An account that administrators may change; the same one until it is deleted."""
        if self.spare_user is None:
            _, self.spare_user = self.api.somebody()
            self.known_users.add(self.spare_user)
        return self.spare_user

    def new_email(self) -> str:
        return f"new-{uuid4().hex}@example.net"

    def forget_user(self, user_id: str) -> None:
        if user_id == self.spare_user:
            self.spare_user = None
