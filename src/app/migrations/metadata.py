"""Every table there is: importing a module of tables registers them."""

from app.domain.auth import tables as auth
from app.domain.items import tables as items
from app.domain.sessions import tables as sessions
from app.domain.users import tables as users
from app.kit import idempotency
from app.kit.tables import Base

MODULES = (auth, idempotency, items, sessions, users)
METADATA = Base.metadata
