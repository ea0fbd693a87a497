"""How every peer is run and what it is told: the same server, the same database, the same key."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import jwt
import uvicorn
from jwt.types import Options

POOL_SIZE = 10
TOKEN_OPTIONS: Options = {"require": ["exp", "iat", "nbf", "sub", "sid", "jti", "scope", "type"]}


@dataclass(frozen=True)
class Surroundings:
    """What a peer finds: `database_url` for SQLAlchemy, `dsn` for asyncpg, and what tokens are verified by."""

    port: int
    database_url: str
    public_key: Any
    issuer: str
    audience: str

    @property
    def dsn(self) -> str:
        return self.database_url.replace("postgresql+asyncpg", "postgresql")

    def claims(self, token: str) -> dict[str, Any]:
        """Verify an access token. Raises jwt.PyJWTError."""
        found: dict[str, Any] = jwt.decode(
            token,
            self.public_key,
            algorithms=["EdDSA"],
            issuer=self.issuer,
            audience=self.audience,
            options=TOKEN_OPTIONS,
        )
        return found


def surroundings() -> Surroundings:
    """Read what `make bench` has put into the environment."""
    facts = json.loads(os.environ["PEER"])
    key = jwt.PyJWK.from_dict(facts["key"]).key
    return Surroundings(facts["port"], facts["database_url"], key, facts["issuer"], facts["audience"])


def serve(app: Any, port: int) -> None:
    """Run an application as the product's own server is run."""
    uvicorn.run(
        app, port=port, log_level="warning", access_log=False, server_header=False, proxy_headers=False, ws="none"
    )
