"""
Seal messages between the bootstrap and its server, with keys that both derive from the attempt's secret.

The secret itself is never sent. A peer that does not know it can neither read the messages nor forge a
response (docs/decisions/0053).
"""

from __future__ import annotations

import hashlib
import hmac
import os

SCHEME = "Pumphouse-Sealed"
_NONCE_BYTES = 16
_TAG_BYTES = 32
_LENGTH_BYTES = 4
_BLOCK_BYTES = 256 * 1024
# Limits how much the bootstrap buffers before it checks the tag. Frames of a server are smaller.
_MAX_FRAME_BYTES = 1024 * 1024


class NotProved(Exception):
    """The response does not come from the attempt's server, or was changed on the way."""


class Sealing:
    """The seal of one attempt."""

    def __init__(self, secret: str, attempt_id: str) -> None:
        def derive(purpose: str) -> bytes:
            return hmac.digest(secret.encode(), f"pumphouse attempt 1\n{attempt_id}\n{purpose}".encode(), "sha256")

        self._request_key = derive("request")
        self._request_mac_key = derive("request mac")
        self._answer_key = derive("answer")
        self._answer_mac_key = derive("answer mac")
        self._redirect_key = derive("redirect")

    def seal_request(self, method: str, route: str, body: bytes) -> SealedRequest:
        """Seal a request. `route` is the part of the URL after the attempt's id, with its query."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = _mix(body, self._request_key + nonce)
        digest = hashlib.sha256(sealed).hexdigest()
        signed = "\n".join((method, route, nonce.hex(), digest))
        mac = hmac.digest(self._request_mac_key, signed.encode(), "sha256").hex()
        return SealedRequest(nonce, sealed, f"{SCHEME} nonce={nonce.hex()},body={digest},mac={mac}")

    def read_answer(self, request: SealedRequest, status: int, read):
        """
        Yield the response piece by piece, each one verified.

        `read(size)` returns that many bytes, and fewer only at the end. Raises NotProved; the pieces before
        that are authentic, but incomplete.
        """
        nonces = request.nonce + _read_exactly(read, _NONCE_BYTES)
        index = 0
        last = False
        while not last:
            head = _read_exactly(read, _LENGTH_BYTES + 1)
            size = int.from_bytes(head[:_LENGTH_BYTES], "big")
            last = head[_LENGTH_BYTES] == 1
            if size > _MAX_FRAME_BYTES:
                raise NotProved("a frame is too long")
            frame = _read_exactly(read, size)
            position = nonces + index.to_bytes(8, "big")
            signed = position + status.to_bytes(2, "big") + head + frame
            tag = hmac.digest(self._answer_mac_key, signed, "sha256")
            if not hmac.compare_digest(tag, _read_exactly(read, _TAG_BYTES)):
                raise NotProved("a frame has a wrong tag")
            yield _mix(frame, self._answer_key + position)
            index += 1

    def check_redirect(self, url: str, socket_path: str | None, mac: str) -> bool:
        """Return whether this redirect was written by a server that knows the secret."""
        signed = f"{url}\n{socket_path or ''}"
        return hmac.compare_digest(hmac.digest(self._redirect_key, signed.encode(), "sha256").hex(), mac)


class SealedRequest:
    """The sealed body, and the header `Authorization` that proves it."""

    def __init__(self, nonce: bytes, body: bytearray, authorization: str) -> None:
        self.nonce = nonce
        self.body = body
        self.authorization = authorization


def _mix(data: bytes, key: bytes) -> bytearray:
    """
    Encrypt or decrypt; a key must be used for only one text.

    Works in blocks, because a record may have 64 MiB and a run may have little memory.
    """
    mixed = bytearray(len(data))
    whole = memoryview(data)
    for index, at in enumerate(range(0, len(data), _BLOCK_BYTES)):
        block = whole[at : at + _BLOCK_BYTES]
        stream = hashlib.shake_256(key + index.to_bytes(8, "big")).digest(len(block))
        both = int.from_bytes(block, "little") ^ int.from_bytes(stream, "little")
        mixed[at : at + len(block)] = both.to_bytes(len(block), "little")
    return mixed


def _read_exactly(read, size: int) -> bytes:
    data = read(size) if size else b""
    if len(data) != size:
        raise NotProved("the response ends too early")
    return data
