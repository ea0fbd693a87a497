"""What HTTP asks before a body is read: size, media types, required headers."""

from __future__ import annotations

from collections.abc import Sequence

from tallystick.runtime.call import Call, too_large
from tallystick.runtime.problems import Kind, Refusal

# What a body is whose sender does not say (RFC 9110, section 8.3).
UNNAMED_MEDIA = "application/octet-stream"


def check_length(call: Call) -> None:
    """Refuse a body that announces more than the operation takes (413)."""
    length = call.header("content-length")
    if length is None or not call.operation.request_media:
        return
    if not (length.isascii() and length.isdigit()):
        raise Refusal(Kind.BAD_REQUEST, "Content-Length is not a number.")
    # More digits than any limit has: spares int() a hostile length.
    if len(length) > 18 or int(length) > call.operation.max_body_bytes:
        raise too_large(call.operation.max_body_bytes)


def check_content_type(call: Call) -> None:
    """Refuse a body in a media type the operation does not declare (415); also compressed ones."""
    accepted = call.operation.request_media
    if not accepted or not call.has_body:
        return
    encoding = call.header("content-encoding")
    if encoding is not None and encoding.strip().lower() != "identity":
        raise Refusal(
            Kind.UNSUPPORTED_MEDIA_TYPE,
            "The body must not be compressed.",
            headers={"Accept-Encoding": "identity"},
        )
    media_type = call.media_type or UNNAMED_MEDIA
    if not any(media_matches(pattern, media_type) for pattern in accepted):
        raise Refusal(
            Kind.UNSUPPORTED_MEDIA_TYPE,
            f"The body must be one of: {', '.join(accepted)}.",
            headers={"Accept": ", ".join(accepted)},
        )
    if not _readable_charset(call):
        raise Refusal(Kind.UNSUPPORTED_MEDIA_TYPE, "The body must be encoded in UTF-8.")


def _readable_charset(call: Call) -> bool:
    content_type = call.header("content-type") or ""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower() in ("utf-8", "utf8", "us-ascii")
    return True


def check_accept(call: Call) -> None:
    """Refuse a caller who takes none of the operation's media types (406, RFC 9110, section 12.5.1)."""
    offered = call.operation.response_media
    accept = call.header("accept")
    if not offered or accept is None or accept in ("*/*", ""):
        return
    if choose_media(accept, offered) is None:
        raise Refusal(Kind.NOT_ACCEPTABLE, f"This operation answers in: {', '.join(offered)}.")


def preferred_media(call: Call) -> str:
    """The declared media type of a success that the caller likes best; the first where it does not say."""
    offered = call.operation.response_media
    return choose_media(call.header("accept") or "*/*", offered) or offered[0]


def choose_media(accept: str, offered: Sequence[str]) -> str | None:
    """The offered media type that `Accept` likes best; the first offered wins ties; None if it likes none."""
    ranges = [_media_range(part) for part in accept.split(",") if part.strip()]
    best: tuple[float, str] | None = None
    for media_type in offered:
        matching = [(spec, quality) for pattern, spec, quality in ranges if _overlap(pattern, media_type)]
        quality = max(matching)[1] if matching else 0.0
        if quality > 0 and (best is None or quality > best[0]):
            best = (quality, media_type)
    return None if best is None else best[1]


def _overlap(asked: str, offered: str) -> bool:
    """Whether some media type is both; the contract may offer ranges, too."""
    return media_matches(asked, offered) or ("*" in offered and media_matches(offered, asked))


def _media_range(part: str) -> tuple[str, int, float]:
    """A media range, how specific it is, and its weight; what cannot be read counts as weight 1."""
    pattern, *parameters = [piece.strip().lower() for piece in part.split(";")]
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = min(max(float(value), 0.0), 1.0)
            except ValueError:
                quality = 1.0
    specificity = 0 if pattern == "*/*" else 1 if pattern.endswith("/*") else 2
    return pattern, specificity, quality


def media_matches(pattern: str, media_type: str) -> bool:
    """Whether a media type falls into a range such as `*/*`, `text/*`, or itself (parameters ignored)."""
    pattern, media_type = (text.partition(";")[0].strip().lower() for text in (pattern, media_type))
    if pattern in ("*/*", media_type):
        return True
    return pattern.endswith("/*") and media_type.startswith(pattern[:-1])


def check_required_headers(call: Call) -> None:
    """Refuse where a header with a status of its own is missing, such as 428 for If-Match (RFC 6585)."""
    for name, kind in call.operation.required_headers.items():
        if call.header(name) is None:
            raise Refusal(kind, f"This operation needs the header {name.title()}.")
