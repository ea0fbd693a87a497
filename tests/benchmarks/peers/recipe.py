"""FastAPI as its tutorials show it: middleware by decorator, a session per request, the user looked up each time."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ARRAY, Text, select
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.kit.ids import uuid7
from tests.benchmarks.peers.serving import POOL_SIZE, serve, surroundings

around = surroundings()
engine = create_async_engine(around.database_url, pool_size=POOL_SIZE, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://example.com"])
app.add_middleware(GZipMiddleware)
Next = Callable[[Request], Awaitable[Response]]


class Base(DeclarativeBase):
    type_annotation_map = {datetime: TIMESTAMP(timezone=True)}  # noqa: RUF012 - as SQLAlchemy's tutorial writes it


class User(Base):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    display_name: Mapped[str]
    role: Mapped[str]
    is_active: Mapped[bool]


class Item(Base):
    __tablename__ = "items"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    title: Mapped[str]
    description: Mapped[str | None]
    status: Mapped[str]
    priority: Mapped[int]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default="now()")
    updated_at: Mapped[datetime] = mapped_column(server_default="now()")


class ItemIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=200)
    description: str | None = Field(None, max_length=4000)
    status: Literal["draft", "active", "archived"] = "draft"
    priority: int = Field(0, ge=0, le=1_000_000)
    tags: list[str] = Field(default_factory=list, max_length=20)


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    owner_id: UUID
    title: str
    description: str | None
    status: str
    priority: int
    tags: list[str]
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    data: list[ItemOut]
    next_cursor: str | None


@app.middleware("http")
async def request_id(request: Request, call_next: Next) -> Response:
    response = await call_next(request)
    response.headers["X-Request-Id"] = request.headers.get("x-request-id") or str(uuid4())
    return response


@app.middleware("http")
async def timing(request: Request, call_next: Next) -> Response:
    started = time.perf_counter()
    response = await call_next(request)
    response.headers["Server-Timing"] = f"app;dur={(time.perf_counter() - started) * 1000:.1f}"
    return response


@app.middleware("http")
async def security_headers(request: Request, call_next: Next) -> Response:
    response = await call_next(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session
        await session.commit()


Session = Annotated[AsyncSession, Depends(get_session)]
oauth2 = OAuth2PasswordBearer(tokenUrl="token")


async def current_user(session: Session, token: Annotated[str, Depends(oauth2)]) -> User:
    try:
        claims = around.claims(token)
    except jwt.PyJWTError as error:
        raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"}) from error
    user = await session.get(User, UUID(claims["sub"]))
    if user is None or not user.is_active:
        raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})
    return user


CurrentUser = Annotated[User, Depends(current_user)]


def visible(user: User) -> Any:
    statement = select(Item)
    return statement if user.role != "user" else statement.where(Item.owner_id == user.id)


@app.get("/health/live")
async def live() -> dict[str, str]:
    return {"status": "up"}


@app.get("/api/v1/items/{item_id}", response_model=ItemOut)
async def get_item(
    item_id: UUID,
    session: Session,
    user: CurrentUser,
    response: Response,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Any:
    item = (await session.execute(visible(user).where(Item.id == item_id))).scalar_one_or_none()
    if item is None:
        raise HTTPException(404, "Item not found")
    tag = f'"{item.version:x}"'
    if if_none_match == tag:
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return item


@app.get("/api/v1/items", response_model=Page)
async def list_items(session: Session, user: CurrentUser, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Any:
    statement = visible(user).order_by(Item.created_at.desc(), Item.id.desc()).limit(limit + 1)
    items = (await session.execute(statement)).scalars().all()
    cursor = None
    if len(items) > limit:
        last = items[limit - 1]
        cursor = f"{int(last.created_at.timestamp() * 1_000_000):016x}{last.id.hex}"
    return {"data": items[:limit], "next_cursor": cursor}


@app.post("/api/v1/items", response_model=ItemOut, status_code=201)
async def create_item(body: ItemIn, session: Session, user: CurrentUser, response: Response) -> Any:
    item = Item(id=uuid7(), owner_id=user.id, **body.model_dump())
    session.add(item)
    await session.commit()
    await session.refresh(item)
    response.headers["Location"] = f"/api/v1/items/{item.id}"
    response.headers["ETag"] = f'"{item.version:x}"'
    return item


if __name__ == "__main__":
    serve(app, around.port)
