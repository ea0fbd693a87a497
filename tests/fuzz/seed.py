"""The data that a run begins with, made as users make it: through the API, and the first administrator by command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.fuzz.people import Api, SeedError, logins
from tests.support.server import run

STATUSES = ("draft", "active", "archived")
WORDS = ("hazel", "willow", "ash", "oak")
# More of them than one page by default, so that lists have a second one.
ITEMS = {"alice": 24, "bob": 6, "mod": 2, "admin": 2}


def seed(url: str, folder: Path, settings: Mapping[str, str]) -> None:
    """Make the accounts of `users.json` and some items for each.

    Raises:
        SeedError: the server or the command refused.
    """
    api, people = Api(url), logins()
    admin = people["admin"]
    secret = {"APP_ADMIN_EMAIL": admin.email, "APP_ADMIN_PASSWORD": admin.password}
    done = run(folder, {**settings, **secret}, "app.admin", "create-administrator")
    if done.returncode != 0:
        raise SeedError(f"app-admin create-administrator failed: {done.stdout}{done.stderr}")
    ids = {name: api.register(login, name.title()) for name, login in people.items() if name != "admin"}
    rights = api.sign_in(admin).authorization
    patch = {"Content-Type": "application/merge-patch+json"}
    api.call("PATCH", f"/api/v1/users/{ids['mod']}", rights, json={"role": "moderator"}, headers=patch)
    for name, count in ITEMS.items():
        authorization = api.sign_in(people[name]).authorization
        for number in range(count):
            api.create_item(
                authorization,
                title=f"{WORDS[number % 4].title()} stick {number}",
                description=None if number % 3 else f"Notched for {name}",
                status=STATUSES[number % 3],
                priority=number // 2,
                tags=sorted({WORDS[number % 4], WORDS[number % 3]}),
            )
