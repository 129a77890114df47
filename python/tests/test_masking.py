import base64
import html
import json
import re
import tracemalloc
import unittest
from random import Random
from urllib.parse import quote, quote_plus
from xml.sax import saxutils

import attempt_runner  # noqa: F401  (puts the package on the path)
from pumphouse_bootstrap.masking import MASK, Masker, count_begun_character, find_character_start, list_forms

SECRET = 'pä"ss/w+rd\\1 &=?'
KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nabc\nhkiG9w0BAQEFAASC\n-----END KEY-----"


class MaskingForms(unittest.TestCase):
    def setUp(self) -> None:
        self.masker = Masker([SECRET, KEY])

    def assert_masked(self, text: str) -> None:
        data = text.encode()
        self.assertEqual(self.masker.mask(b"<" + data + b">"), b"<***>", text)

    def test_the_value_itself_and_its_json_and_url_forms(self) -> None:
        self.assert_masked(SECRET)
        self.assert_masked(json.dumps(SECRET)[1:-1])
        self.assert_masked(json.dumps(SECRET, ensure_ascii=False)[1:-1])
        self.assert_masked(json.dumps(SECRET)[1:-1].replace("/", "\\/"))
        self.assert_masked(json.dumps(json.dumps(SECRET)[1:-1])[1:-1])
        self.assert_masked(repr(SECRET)[1:-1])
        for quoted in (quote(SECRET), quote(SECRET, safe=""), quote_plus(SECRET), quote(SECRET).lower()):
            self.assert_masked(quoted)

    def test_the_forms_of_html_and_xml(self) -> None:
        secret = "a&b<c>\"d\"'é\\"
        self.masker = Masker([secret])
        escapes = (
            html.escape,
            lambda text: html.escape(text, quote=False),
            saxutils.escape,
            lambda text: saxutils.escape(text, {'"': "&quot;"}),
            lambda text: saxutils.escape(text, {'"': "&quot;", "'": "&apos;"}),
            lambda text: html.escape(text).replace("&#x27;", "&#39;"),
            lambda text: html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        )
        for escape in escapes:
            self.assert_masked(escape(secret))
            self.assert_masked(escape(json.dumps(secret)[1:-1]))
            self.assert_masked(json.dumps(escape(secret))[1:-1])

    def test_base64_wherever_the_value_begins(self) -> None:
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            for before in range(4):
                for after in range(4):
                    whole = encode(b"u" * before + SECRET.encode() + b"v" * after)
                    masked = self.masker.mask(whole)
                    self.assertIn(MASK, masked)
                    # At most the characters that depend on neighbouring bytes remain.
                    self.assertLessEqual(len(masked.replace(MASK, b"")), 4 + before * 2 + after * 2 + 2)
        credentials = base64.b64encode(b"user:" + SECRET.encode())
        self.assertNotIn(base64.b64encode(SECRET.encode())[4:12], self.masker.mask(credentials))

    def test_each_line_of_a_value_with_several(self) -> None:
        for line in ("MIIEvQIBADANBgkq", "hkiG9w0BAQEFAASC", "-----BEGIN KEY-----"):
            self.assert_masked(line)
        self.assertEqual(self.masker.mask(b"abc"), b"abc")
        self.assertEqual(self.masker.mask(json.dumps({"key": KEY}).encode()), b'{"key": "***"}')
        self.assertNotIn(b"\n", b"".join(list_forms([KEY])))

    def test_short_values_and_other_types_are_not_masked(self) -> None:
        masker = Masker(["12345", "", "      ", True, 1234567, None, "123456"])  # type: ignore[list-item]
        self.assertEqual(masker.mask(b"12345 True 1234567x 123456"), b"12345 True ***7x ***")
        self.assertEqual(Masker([]).mask(b"anything"), b"anything")

    def test_a_value_that_contains_another_is_masked_whole(self) -> None:
        masker = Masker(["secret", "secret-and-more", "more-secret"])
        self.assertEqual(masker.mask(b"secret-and-more secretive"), b"*** ***ive")

    def test_many_values_are_masked_fast_enough_for_a_log(self) -> None:
        masker = Masker([f"value-{number}-{'x' * 30}" for number in range(200)])
        line = b"2026-01-01 INFO loaded 100 rows into orders from value-77-" + b"x" * 30 + b"\n"
        self.assertEqual(masker.mask(line * 1000).count(MASK), 1000)


class MaskingCuts(unittest.TestCase):
    def test_no_cut_splits_a_secret(self) -> None:
        masker = Masker(["0123456789"])
        data = b"a" * 20 + b"0123456789" + b"b" * 40
        for wanted in range(4, 40):
            masked, used = masker.mask_start(data, wanted)
            self.assertEqual(masked + masker.mask(data[used:]), masker.mask(data), wanted)

    def test_no_cut_splits_a_character(self) -> None:
        text = "aé漢😀".encode()
        starts = [find_character_start(text, position) for position in range(len(text) + 1)]
        self.assertEqual(starts, [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10])
        self.assertEqual(find_character_start(b"\x80" * 10, 7), 7)
        self.assertEqual([count_begun_character(text[:end]) for end in range(len(text) + 1)], [0, 0, 1, 0, 1, 2, 0, 1, 2, 3, 0])

    def test_an_end_that_may_be_a_secret_is_undecided(self) -> None:
        masker = Masker(["0123456789"])
        self.assertEqual(masker.count_undecided(b"progress 01234"), 5)
        self.assertEqual(masker.count_undecided(b"progress 0123456789"), 0)
        self.assertEqual(masker.count_undecided(b"progress"), 0)


class ManyValues(unittest.TestCase):
    def test_find_the_same_as_one_pattern_for_all_forms(self) -> None:
        random = Random(7)
        for _ in range(300):
            alphabet = random.choice(["ab", 'abc<&"/ ', "aé\\\n"])
            values = ["".join(random.choices(alphabet, k=random.randint(5, 12))) for _ in range(random.randint(0, 6))]
            forms = sorted(list_forms(values), key=lambda form: (-len(form), form))
            masker = Masker(values)
            text = "".join(random.choices(alphabet + "ab", k=200)).encode() + b"".join(random.choices(forms, k=5) if forms else [])
            pattern = re.compile(b"|".join(map(re.escape, forms))) if forms else None
            self.assertEqual(masker.mask(text), pattern.sub(MASK, text) if pattern else text, (values, text))
            tail = text[: random.randint(0, len(text))]
            undecided = max((n for n in range(1, len(tail) + 1) for f in forms if len(f) > n and f.startswith(tail[-n:])), default=0)
            self.assertEqual(masker.count_undecided(tail), undecided, (values, tail))

    def test_take_little_memory(self) -> None:
        """One pattern for this many values took 140 MB."""
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        masker = Masker([f"{number}-{'k' * 20}-{number * 7919}" for number in range(20_000)])
        masker.prepare()
        self.assertLess(tracemalloc.get_traced_memory()[1], 60_000_000)
        self.assertEqual(masker.mask(b"x 19999-kkkkkkkkkkkkkkkkkkkk-158372081 y"), b"x *** y")
