"""Mask the attempt's secret values in all of its output, in each form in which they are likely to appear."""

from __future__ import annotations

import binascii
import json
import re
import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator

MASK = b"***"
# Shorter values occur in logs by chance.
MIN_SECRET_LENGTH = 6
# Escapes of HTML and XML writers: `html.escape` with and without quotes, markupsafe, Django, XML attributes.
# `&` is always first.
_QUOTE_ESCAPES = (
    {},
    {'"': "&quot;"},
    {'"': "&quot;", "'": "&#x27;"},
    {'"': "&quot;", "'": "&#39;"},
    {'"': "&#34;", "'": "&#39;"},
    {'"': "&quot;", "'": "&apos;"},
)
_MARKUP_ESCAPES = tuple(str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", **quotes}) for quotes in _QUOTE_ESCAPES)


# These characters are never escaped in JSON, URLs or markup.
_PLAIN = re.compile("[A-Za-z0-9_.-]+")


class Masker:
    """
    Mask bytes, lines or whole bodies.

    No form of a secret contains a newline: a multi-line value is masked line by line. Thread-safe. The tables
    are built on first use, or by `prepare`, outside the critical path to user code.

    A single pattern of all forms would take 7 KB and 0.2 ms per value, and each value would slow it down.
    Instead, a small pattern finds candidate positions, and a table by the first six bytes has the forms to
    compare with.
    """

    def __init__(self, values: list[str]) -> None:
        self._values = values
        self._preparing = threading.Lock()
        self._is_prepared = False
        # Matches, with zero width, the positions at which a form may begin. None: no forms.
        self._beginnings: re.Pattern[bytes] | None = None
        # Forms by their first six bytes, longest first: a form that contains another is masked as a whole.
        self._forms_by_beginning: dict[bytes, tuple[bytes, ...]] = {}
        self._sorted_forms: list[bytes] = []
        self._longest = 0

    def prepare(self) -> None:
        with self._preparing:
            if self._is_prepared:
                return
            self._sorted_forms = sorted(list_forms(self._values))
            by_beginning: dict[bytes, tuple[bytes, ...]] = {}
            for form in self._sorted_forms:
                beginning = form[:MIN_SECRET_LENGTH]
                by_beginning[beginning] = (form, *by_beginning.get(beginning, ()))
            for beginning, forms in by_beginning.items():
                if len(forms) > 1:
                    by_beginning[beginning] = tuple(sorted(forms, key=len, reverse=True))
            self._forms_by_beginning = by_beginning
            self._beginnings = _compile_beginnings(by_beginning)
            self._longest = max(map(len, self._sorted_forms), default=0)
            self._is_prepared = True

    @property
    def longest(self) -> int:
        """Length of the longest form in bytes."""
        self.prepare()
        return self._longest

    def find(self, data: bytes) -> Iterator[tuple[int, int]]:
        """
        Yield start and end of each secret in `data`, in order. Secrets that overlap an earlier one are
        skipped.
        """
        self.prepare()
        if self._beginnings is None:
            return
        position = 0
        for match in self._beginnings.finditer(data):
            start = match.start()
            if start < position:
                continue
            for form in self._forms_by_beginning.get(data[start : start + MIN_SECRET_LENGTH], ()):
                if data[start : start + len(form)] == form:
                    position = start + len(form)
                    yield start, position
                    break

    def mask(self, data: bytes) -> bytes:
        kept = []
        position = 0
        for start, end in self.find(data):
            kept.append(data[position:start])
            position = end
        return MASK.join([*kept, data[position:]]) if kept else data

    def mask_start(self, data: bytes, wanted: int) -> tuple[bytes, int]:
        """
        Mask the beginning of an unfinished line.

        Returns the masked bytes and how many bytes of `data` they stand for, about `wanted`. Does not split a
        secret or a character, provided that `data` has `longest` bytes beyond `wanted`.
        """
        cut = find_character_start(data, wanted)
        for start, end in self.find(data):
            if start >= cut:
                break
            cut = max(cut, end)
        return self.mask(data[:cut]), cut

    def count_undecided(self, data: bytes) -> int:
        """Return how many bytes at the end of `data` may be the beginning of a secret."""
        self.prepare()
        forms = self._sorted_forms
        for start in range(max(0, len(data) - self._longest + 1), len(data)):
            tail = data[start:]
            # If any form begins with the tail, it is the first form that sorts after the tail.
            number = bisect_right(forms, tail)
            if number < len(forms) and forms[number].startswith(tail):
                return len(tail)
        return 0


def find_character_start(data: bytes, position: int) -> int:
    """
    Return the last position up to `position` that does not split a UTF-8 character; `position` itself if the
    bytes are not UTF-8.
    """
    for start in range(position, max(0, position - 4), -1):
        if start >= len(data) or data[start] & 0xC0 != 0x80:
            return start
    return position


def count_begun_character(data: bytes) -> int:
    """Return how many bytes at the end belong to an incomplete UTF-8 character."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return back if length > back else 0
    return 0


def list_forms(values: list[str]) -> set[bytes]:
    """
    Return all forms of these values. Values that are not strings or have fewer than six characters are
    ignored.
    """
    forms: set[bytes] = set()
    for value in values:
        if not isinstance(value, str):
            continue
        texts = {value, value.strip()}
        for line in re.split(r"\r\n|\r|\n", value):
            texts |= {line, line.strip()}
        for text in texts:
            if len(text) >= MIN_SECRET_LENGTH and text.strip():
                forms |= _list_text_forms(text)
    return {form for form in forms if len(form) >= MIN_SECRET_LENGTH and b"\n" not in form}


def _list_text_forms(text: str) -> set[bytes]:
    from urllib.parse import quote, quote_plus

    raw = text.encode("utf-8", "surrogatepass")
    if _PLAIN.fullmatch(text):
        return {raw} | _list_base64_forms(raw)
    texts = {*_list_json_forms(text), repr(text)[1:-1]}
    # In a trace, JSON text may itself be inside a JSON string.
    texts |= {json.dumps(escaped)[1:-1] for escaped in list(texts)}
    texts |= {escaped.replace("/", "\\/") for escaped in list(texts)}
    texts |= _list_markup_forms(text)
    quoted = {quote(raw), quote(raw, safe=""), quote_plus(raw), quote_plus(raw, safe="/")}
    quoted |= {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), each) for each in list(quoted)}
    texts |= quoted
    forms = {each.encode("utf-8", "surrogatepass") for each in texts}
    return {raw} | forms | _list_base64_forms(raw)


def _list_markup_forms(text: str) -> set[str]:
    """Return the value escaped for HTML and XML, also combined with JSON escapes in either order."""
    if not re.search("[&<>\"']", text):
        return set()
    inner = {text, *_list_json_forms(text)}
    escaped = {each.translate(table) for each in inner for table in _MARKUP_ESCAPES}
    return escaped | {form for each in escaped for form in _list_json_forms(each)}


def _list_json_forms(text: str) -> set[str]:
    return {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}


def _list_base64_forms(raw: bytes) -> set[bytes]:
    """
    Return base64 forms of any text that contains the value.

    Three bytes become four characters, so the value begins at one of three offsets. Characters that depend on
    neighbouring bytes are left out.
    """
    forms: set[bytes] = set()
    for before in range(3):
        encoded = binascii.b2a_base64(b"\0" * before + raw, newline=False).rstrip(b"=")
        first = (0, 2, 3)[before]
        last = (before + len(raw)) * 8 // 6
        forms.add(encoded[first:last])
    return forms | {form.translate(bytes.maketrans(b"+/", b"-_")) for form in forms}


def _compile_beginnings(beginnings: Iterable[bytes]) -> re.Pattern[bytes] | None:
    """Build a pattern that matches wherever a form may begin, and possibly elsewhere; None without forms."""
    columns = [bytes(sorted(set(column))) for column in zip(*beginnings)]
    if not columns:
        return None
    return re.compile(b"(?=" + b"".join(b"[" + re.escape(column) + b"]" for column in columns) + b")", re.DOTALL)
