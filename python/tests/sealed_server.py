"""
The server's side of the seal (docs/contribute/attempt-protocol.md), implemented a second time so that one
mistake cannot hide on both sides.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os

SCHEME = "Pumphouse-Sealed"
SECRET = "bootstrap-token-1"
ATTEMPT = "attempt-1"


def _derive(purpose: str) -> bytes:
    return hmac.digest(SECRET.encode(), f"pumphouse attempt 1\n{ATTEMPT}\n{purpose}".encode(), "sha256")


def _mix(data: bytes, key: bytes) -> bytes:
    size = 256 * 1024
    stream = b"".join(hashlib.shake_256(key + at.to_bytes(8, "big")).digest(size) for at in range(-(-len(data) // size)))
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream[: len(data)], "big")).to_bytes(len(data), "big")


def open_request(method: str, route: str, headers, body: bytes) -> tuple[bytes, bytes] | None:
    """Return the nonce and the body; None for a request that is not the attempt's."""
    scheme, _, rest = (headers.get("Authorization") or "").partition(" ")
    if scheme != SCHEME:
        return None
    fields = dict(part.split("=", 1) for part in rest.split(","))
    digest = hashlib.sha256(body).hexdigest()
    signed = "\n".join((method, route, fields["nonce"], digest))
    mac = hmac.digest(_derive("request mac"), signed.encode(), "sha256").hex()
    if fields["body"] != digest or not hmac.compare_digest(mac, fields["mac"]):
        return None
    nonce = bytes.fromhex(fields["nonce"])
    return nonce, _mix(body, _derive("request") + nonce)


def seal_answer(nonce: bytes, status: int, body: bytes, frame_bytes: int = 256 * 1024) -> bytes:
    own = os.urandom(16)
    sealed = own
    pieces = [body[at : at + frame_bytes] for at in range(0, len(body), frame_bytes)] or [b""]
    for index, piece in enumerate(pieces):
        position = nonce + own + index.to_bytes(8, "big")
        frame = _mix(piece, _derive("answer") + position)
        head = len(frame).to_bytes(4, "big") + bytes([index == len(pieces) - 1])
        signed = position + status.to_bytes(2, "big") + head + frame
        sealed += head + frame + hmac.digest(_derive("answer mac"), signed, "sha256")
    return sealed


def write_redirect(folder, url: str, socket_path: str | None = None) -> None:
    """Write a redirect like a server that takes over."""
    mac = hmac.digest(_derive("redirect"), f"{url}\n{socket_path or ''}".encode(), "sha256").hex()
    draft = folder / "redirect.draft"
    draft.write_text(json.dumps({"attempts_url": url, "attempts_socket": socket_path, "mac": mac}))
    draft.rename(folder / "redirect")
