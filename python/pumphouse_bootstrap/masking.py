"""Takes the attempt's secret values out of everything it says, in each form in which they are likely to appear."""

from __future__ import annotations

import binascii
import json
import re
import threading

MASK = b"***"
# Shorter values are words that logs are full of.
SHORTEST_SECRET = 6
# How writers of HTML and XML escape: `html.escape` with and without quotes, markupsafe, Django, XML attributes. `&` is always first.
_QUOTE_ESCAPES = (
    {},
    {'"': "&quot;"},
    {'"': "&quot;", "'": "&#x27;"},
    {'"': "&quot;", "'": "&#39;"},
    {'"': "&#34;", "'": "&#39;"},
    {'"': "&quot;", "'": "&apos;"},
)
_MARKUP_ESCAPES = tuple(str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", **quotes}) for quotes in _QUOTE_ESCAPES)


class Masker:
    """
    Masks bytes, lines or whole bodies. No pattern holds a newline: a value of several lines is masked line by line.
    Any thread may use it; the patterns are built at the first use, or by `prepare`, off the way to user code.
    """

    def __init__(self, values: list[str]) -> None:
        self._values = values
        self._preparing = threading.Lock()
        self._forms_by_first: dict[int, list[bytes]] | None = None
        self._pattern: re.Pattern[bytes] | None = None
        self._longest = 0

    def prepare(self) -> None:
        with self._preparing:
            if self._forms_by_first is not None:
                return
            forms = list_forms(self._values)
            by_first: dict[int, list[bytes]] = {}
            # A form that contains another is masked whole.
            for form in sorted(forms, key=lambda form: (-len(form), form)):
                by_first.setdefault(form[0], []).append(form)
            self._pattern = _compile(by_first)
            self._longest = max(map(len, forms), default=0)
            self._forms_by_first = by_first

    @property
    def pattern(self) -> re.Pattern[bytes] | None:
        """Of all secrets; None where there are none."""
        self.prepare()
        return self._pattern

    @property
    def longest(self) -> int:
        """Bytes of the longest pattern."""
        self.prepare()
        return self._longest

    def mask(self, data: bytes) -> bytes:
        self.prepare()
        return data if self._pattern is None else self._pattern.sub(MASK, data)

    def mask_start(self, data: bytes, wanted: int) -> tuple[bytes, int]:
        """
        Masks the beginning of a line whose end is not there yet: the masked bytes, and how many bytes of `data` they stand for,
        `wanted` or a few more or less. No secret and no character is cut, provided that `data` has `longest` bytes beyond `wanted`.
        """
        self.prepare()
        cut = find_character_start(data, wanted)
        if self._pattern is not None:
            for match in self._pattern.finditer(data):
                if match.start() >= cut:
                    break
                cut = max(cut, match.end())
        return self.mask(data[:cut]), cut

    def count_undecided(self, data: bytes) -> int:
        """How many bytes at the end of `data` may be the beginning of a secret."""
        self.prepare()
        by_first = self._forms_by_first or {}
        for start in range(max(0, len(data) - self._longest + 1), len(data)):
            tail = data[start:]
            candidates = by_first.get(data[start], ())
            if any(len(form) > len(tail) and form.startswith(tail) for form in candidates):
                return len(tail)
        return 0


def find_character_start(data: bytes, position: int) -> int:
    """The last position up to `position` where no UTF-8 character is cut; `position` itself where the bytes are no UTF-8."""
    for start in range(position, max(0, position - 4), -1):
        if start >= len(data) or data[start] & 0xC0 != 0x80:
            return start
    return position


def count_begun_character(data: bytes) -> int:
    """How many bytes at the end are the beginning of a UTF-8 character that is not there yet."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return back if length > back else 0
    return 0


def list_forms(values: list[str]) -> set[bytes]:
    """Every pattern for these values. What is no string, or shorter than six characters, is no secret."""
    forms: set[bytes] = set()
    for value in values:
        if not isinstance(value, str):
            continue
        texts = {value, value.strip()}
        for line in re.split(r"\r\n|\r|\n", value):
            texts |= {line, line.strip()}
        for text in texts:
            if len(text) >= SHORTEST_SECRET and text.strip():
                forms |= _list_text_forms(text)
    return {form for form in forms if len(form) >= SHORTEST_SECRET and b"\n" not in form}


def _list_text_forms(text: str) -> set[bytes]:
    from urllib.parse import quote, quote_plus

    raw = text.encode("utf-8", "surrogatepass")
    texts = {*_list_json_forms(text), repr(text)[1:-1]}
    # Text that holds JSON is itself a string of JSON in a trace.
    texts |= {json.dumps(escaped)[1:-1] for escaped in list(texts)}
    texts |= {escaped.replace("/", "\\/") for escaped in list(texts)}
    texts |= _list_markup_forms(text)
    quoted = {quote(raw), quote(raw, safe=""), quote_plus(raw), quote_plus(raw, safe="/")}
    quoted |= {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), word) for word in list(quoted)}
    texts |= quoted
    forms = {word.encode("utf-8", "surrogatepass") for word in texts}
    return {raw} | forms | _list_base64_forms(raw)


def _list_markup_forms(text: str) -> set[str]:
    """The value in HTML and XML, as JSON inside of them, and they inside of JSON."""
    if not re.search("[&<>\"']", text):
        return set()
    inner = {text, *_list_json_forms(text)}
    escaped = {word.translate(table) for word in inner for table in _MARKUP_ESCAPES}
    return escaped | {form for word in escaped for form in _list_json_forms(word)}


def _list_json_forms(text: str) -> set[str]:
    return {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}


def _list_base64_forms(raw: bytes) -> set[bytes]:
    """
    Base64 of anything that holds the value: three bytes become four characters, so the value begins at one of three places.
    Characters that also depend on the neighbours are left out.
    """
    forms: set[bytes] = set()
    for before in range(3):
        encoded = binascii.b2a_base64(b"\0" * before + raw, newline=False).rstrip(b"=")
        first = (0, 2, 3)[before]
        last = (before + len(raw)) * 8 // 6
        forms.add(encoded[first:last])
    return forms | {form.translate(bytes.maketrans(b"+/", b"-_")) for form in forms}


def _compile(by_first: dict[int, list[bytes]]) -> re.Pattern[bytes] | None:
    """One pattern, branched by first byte: at most a few of the forms are compared at each place of the text."""
    if not by_first:
        return None
    branches = []
    for first, forms in by_first.items():
        rests = b"|".join(re.escape(form[1:]) for form in forms)
        branches.append(re.escape(bytes([first])) + b"(?:" + rests + b")")
    return re.compile(b"|".join(branches))
