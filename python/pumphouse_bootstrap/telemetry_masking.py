"""Mask telemetry: secrets everywhere, other values in texts only, so that no name becomes `***` (decision 0124)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pumphouse_bootstrap.masking import MASK, Masker

# The values of these keys are names. Anything else is text, so that telemetry that is not known yet is masked.
_NAMES = frozenset(
    "casefold cluster config_type_name cursor_path data_type dataset_name destination_name destination_type dropped_tables"
    " exception_type file_format file_id file_path followup_jobs job_id job_ref key kind load_id loads_ids merge_key module"
    " name names not_null package_path parent parent_key parent_name partition physical_dataset_name pipeline_name"
    " previous_hashes primary_key profile provider_name referenced_columns referenced_table resource resource_name root_key"
    " row_key schema_hash schema_name sections sort source_name span_id state step table_format table_name tables"
    " transaction_id truncated_tables type unique version version_hash write_disposition".split()
)
# As a list these are names; as a string they are the text of a hint.
_LISTED_NAMES = frozenset(("columns",))
# What is below these is written by user code.
_TEXTS = frozenset(("description", "exception_attrs", "result"))
_STRUCTURE = re.compile(rb'["{}\[\]]')
_NUMBER = re.compile(rb"[0-9.+-]+")
_NUMBER_PART = re.compile(rb"[0-9.+eE-]")
_COLON = re.compile(rb"[ \t\r\n]*:")


class TelemetryMasker:
    """Masks bodies of the beacon. Thread-safe."""

    def __init__(self, texts: Masker, secrets: Masker) -> None:
        """`texts` masks secrets too."""
        self._texts = texts
        self._secrets = secrets

    def mask_names(self, text: str) -> str:
        """Mask secrets in a text that has names only."""
        return self._secrets.mask(text.encode("utf-8", "backslashreplace")).decode("utf-8", "replace")

    def mask(self, body: bytes) -> tuple[bytes, str | None]:
        """Return the masked body, and the key of a name in which a secret was masked, if there is one."""
        hits = list(self._texts.find(body))
        if not hits:
            return body, None
        pieces: list[bytes] = []
        position = 0
        masked_name = None
        strings = find_strings(body, hits[-1][1])
        string = next(strings, None)
        for start, end in hits:
            if start < position:
                continue
            while string is not None and string[1] <= start:
                string = next(strings, None)
            if string is None or start < string[0]:
                pieces += (body[position:start], self._mask_outside(body, start, end))
                position = end
                continue
            until = max(string[1], end)
            pieces.append(body[position : string[0]])
            position = until
            token = body[string[0] : until]
            name = string[2]
            masked = self._texts.mask(token) if name is None else self._secrets.mask(token)
            if name is not None and masked != token:
                masked_name = name
            pieces.append(masked)
        return b"".join([*pieces, body[position:]]), masked_name

    def _mask_outside(self, body: bytes, start: int, end: int) -> bytes:
        """Mask a value outside of strings. In JSON that is a number, which stays valid JSON."""
        value = body[start:end]
        if not _NUMBER.fullmatch(value):
            return MASK
        before, after = body[max(0, start - 1) : start], body[end : end + 1]
        if before.isdigit() or after.isdigit() or self._secrets.mask(value) == value:
            return value
        is_whole = not (_NUMBER_PART.match(before) or _NUMBER_PART.match(after))
        return b'"' + MASK + b'"' if is_whole else b"0"


def find_strings(body: bytes, until: int) -> Iterator[tuple[int, int, str | None]]:
    """
    Yield start, end and kind of the JSON strings that begin before `until`, in order. The kind is a key if the string is
    a name: the key itself, or the key of the value. Ends where the body is not JSON.
    """
    # Of each open container: its key, whether it is a list, and whether user code writes what is in it.
    stack: list[tuple[str, bool, bool]] = []
    key, is_text = "", False
    position = 0
    while (match := _STRUCTURE.search(body, position, until)) is not None:
        position = match.end()
        sign = body[match.start()]
        if sign == 0x22:
            end = _find_end(body, position)
            if end is None:
                return
            is_list = bool(stack) and stack[-1][1]
            if stack and not is_list and _COLON.match(body, end) is not None:
                key = body[position : end - 1].decode("utf-8", "replace")
                is_text = stack[-1][2] or key in _TEXTS
                yield match.start(), end, key
            else:
                is_name = key in _NAMES or (is_list and key in _LISTED_NAMES)
                yield match.start(), end, key if is_name and not is_text else None
            position = end
        elif sign in b"{[":
            stack.append((key, sign == 0x5B, is_text))
        elif sign in b"}]":
            if not stack:
                return
            # Items that follow in a list have its key again.
            key, _, is_text = stack.pop()


def _find_end(body: bytes, position: int) -> int | None:
    """Return the end of the string that begins before `position`."""
    while (quote := body.find(b'"', position)) >= 0:
        slash = quote
        while slash > position and body[slash - 1] == 0x5C:
            slash -= 1
        if (quote - slash) % 2 == 0:
            return quote + 1
        position = quote + 1
    return None
