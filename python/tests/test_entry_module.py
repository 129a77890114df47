"""Which statements before the first import of dlt count, by the syntax tree of a script and of what it imports."""

from __future__ import annotations

import os
import tempfile
import unittest
import warnings
from pathlib import Path

import attempt_runner  # noqa: F401
from pumphouse_bootstrap.inside.entry_module import find_effect
from pumphouse_bootstrap.plain_starts import describe_plain_start, read_plain_start

# Each script runs as `python -m jobs`.
HARMLESS = {
    "nothing": "",
    "dlt alone": "import dlt\n",
    "what follows dlt": "import dlt\nimport os\nos.environ['DLT_X'] = '1'\n",
    "dlt by a part": "from dlt.sources.helpers import requests\nprint(open('x'))\n",
    "dlt among others": "import os, dlt\nos.chdir('/')\n",
    "documentation": "'''What it does.'''\nfrom __future__ import annotations\nimport dlt\n",
    "Python's library": "import os.path, sys as system\nfrom datetime import datetime\nimport dlt\n",
    "packages that change nothing": "import pandas as pd\nfrom requests.adapters import HTTPAdapter\nimport dlt\n",
    "constants": "from pathlib import Path\nimport os\nROOT = Path(__file__).resolve().parent / 'x'\nA, (B, *C) = 1, (2, 3)\n"
    "D: dict[str, int] = {'a': -1}\nE = os.environ.get('E', 'x,y').split(',')\nF = f'{ROOT}/{len(C)}'\nG = [a for a in C if a]\n",
    "functions": "import functools\n@functools.lru_cache(maxsize=None)\ndef one(a: int = 3, *b, c=None, **d) -> str:\n    open(a).write('x')\nasync def two():\n    import dlt\n",
    "classes": "import enum\nfrom dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass A:\n    b: list = field(default_factory=list)\n"
    "    @property\n    def c(self):\n        return open('x')\n    @c.setter\n    def c(self, value):\n        self.d = value\nclass E(str, enum.Enum):\n    F = 'f'\n",
    "an abstract class": "import abc\nclass A(metaclass=abc.ABCMeta):\n    @abc.abstractmethod\n    def b(self): ...\n",
    "a lambda": "import os\nsave = lambda: os.environ.update(A='1')\nimport dlt\n",
    "a sorted list": "A = sorted({'b': 1}.items(), key=lambda item: item[1])\n",
    "a logger": "import logging\nlog = logging.getLogger(__name__)\nimport dlt\n",
    "output": "import sys\nprint('begin', file=sys.stderr)\nimport dlt\n",
    "a version that is too old": "import sys\nif sys.version_info < (3, 9):\n    raise RuntimeError('too old')\nimport dlt\n",
    "types alone": "import typing as t\nif t.TYPE_CHECKING:\n    import gevent\n    from x import y\nimport dlt\n",
    "the guard of a script": "if __name__ == '__main__':\n    import dlt\n    print(open('x'))\n",
    "the guard of a script in a package": ("jobs.py", {"jobs.py": "import lib\n", "lib.py": "if __name__ == '__main__':\n    open('x')\nimport dlt\n"}),
    "dlt in both branches": "import sys\nif sys.platform == 'linux':\n    import dlt\nelse:\n    from dlt import pipeline\nopen('x')\n",
    "an import that may fail": "try:\n    import orjson\nexcept ImportError:\n    orjson = None\nimport dlt\nopen('x')\n",
    "an import of dlt that may fail": "try:\n    import dlt\nexcept ImportError:\n    import subprocess\n    subprocess.run(['pip'])\nopen('x')\n",
    "a block of dlt": "from contextlib import suppress\nwith suppress(ImportError):\n    import dlt\nopen('x')\n",
    "a loop": "A = {}\nfor b, c in [(1, 2)]:\n    if b:\n        continue\n    d = c\nimport dlt\n",
    "a module of the workspace": ("jobs.py", {"jobs.py": "import lib\nimport dlt\n", "lib.py": "A = 1\n"}),
    "dlt by a module of the workspace": ("jobs.py", {"jobs.py": "from lib.loads import run\nrun()\n", "lib/__init__.py": "", "lib/loads.py": "import dlt\nopen('x')\n"}),
    "dlt by a submodule": ("jobs.py", {"jobs.py": "from lib import loads\nopen('x')\n", "lib/loads.py": "import dlt\n"}),
    "a module within a package": ("lib/jobs.py", {"lib/__init__.py": "A = 1\n", "lib/b.py": "import dlt\n", "lib/jobs.py": "from . import b\nopen('x')\n"}),
    "a relative import from above": ("lib/c/jobs.py", {"lib/__init__.py": "", "lib/b.py": "import dlt\n", "lib/c/__init__.py": "", "lib/c/jobs.py": "from ..b import x\nopen('x')\n"}),
    "dlt by the package": ("lib/jobs.py", {"lib/__init__.py": "import dlt\n", "lib/jobs.py": "open('x')\n"}),
    "a package as the script": ("lib/__init__.py", {"lib/__init__.py": "", "lib/__main__.py": "import dlt\nopen('x')\n"}),
    "modules that import each other": ("jobs.py", {"jobs.py": "import lib\nimport dlt\n", "lib.py": "import jobs\nimport lib\n"}),
    "the import of dlt in a text, after it": "A = '''\nimport dlt\n'''\nimport dlt\nopen('x')\n",
    "an error after the import of dlt": "import dlt\nthis is no Python\n",
    "an invalid escape": "A = '\\d'\nimport dlt\n",
    "a module that is not there": ("nothing.py", {}),
}

# The value is the line that counts, of jobs.py unless another file is named.
EFFECTS: dict[str, tuple] = {
    "a variable": ("import os\nos.environ['DLT_DATA_DIR'] = '/x'\nimport dlt\n", 2),
    "a variable, without dlt": ("import os\nos.environ['A'] = '/x'\n", 2),
    "several variables": ("from os import environ\nenviron.update(A='1')\nimport dlt\n", 2),
    "variables by an operator": ("from os import environ\nenviron |= {'A': '1'}\nimport dlt\n", 2),
    "variables of another name": ("import os\ne = os.environ\ne.setdefault('A', '1')\nimport dlt\n", 3),
    "variables in a loop": ("import os\nfor os.environ['A'] in 'ab':\n    pass\nimport dlt\n", 2),
    "variables in a block": ("import os, contextlib\nwith contextlib.nullcontext('1') as os.environ['A']:\n    pass\n", 2),
    "a variable that is deleted": ("import os\ndel os.environ['A']\nimport dlt\n", 2),
    "a file of variables": ("import dotenv\ndotenv.load_dotenv()\nimport dlt\n", 2),
    "a patch": ("import requests\nrequests.Session = 3\nimport dlt\n", 2),
    "a class of loggers": ("import logging\nlogging.setLoggerClass(logging.Logger)\nimport dlt\n", 2),
    "a logger that is set": ("import logging\nlogging.getLogger('dlt').setLevel('DEBUG')\nimport dlt\n", 2),
    "a filter of warnings": ("import warnings\nwarnings.filterwarnings('ignore')\nimport dlt\n", 2),
    "the path": ("import sys\nsys.path.insert(0, 'lib')\nimport dlt\n", 2),
    "an unknown package": ("import gevent.monkey\nimport dlt\n", 1),
    "an unknown package that may fail": ("try:\n    import gevent\nexcept ImportError:\n    pass\nimport dlt\n", 2),
    "every name of a module": ("from os import *\nimport dlt\n", 1),
    "a call": ("def main():\n    import dlt\nmain()\n", 3),
    "a call of a value": ("import functools, os\np = functools.partial(os.putenv, 'A', '1')\np()\n", 3),
    "a call under the guard": ("def main(): ...\nif __name__ == '__main__':\n    main()\n", 3),
    "a call in a condition": ("import os\nif os.system('x'):\n    pass\nimport dlt\n", 2),
    "a call in a text": ("import os\nA = f'{os.system(1)}'\nimport dlt\n", 2),
    "a call in a list": ("import os\nA = [os.system(a) for a in 'ab']\nimport dlt\n", 2),
    "a call in a default": ("import os\ndef a(b=os.system('x')): ...\nimport dlt\n", 2),
    "a call in an annotation": ("import os\ndef a(b: os.system('x')): ...\nimport dlt\n", 2),
    "a call in a type": ("import os\na: os.system('x') = 3\nimport dlt\n", 2),
    "a call in a class": ("import os\nclass A:\n    os.system('x')\nimport dlt\n", 3),
    "a call in a base": ("import os\nclass A(os.system('x')): ...\nimport dlt\n", 2),
    "a call as a key": ("import os\nA = sorted('ab', key=os.system)\nimport dlt\n", 2),
    "a call of a name that was a function of Python": ("def sorted(a): ...\nA = sorted('ab')\nimport dlt\n", 2),
    "a decorator": ("import os\n@os.register_at_fork\ndef a(): ...\nimport dlt\n", 3),
    "a decorator of the script": ("def a(b): ...\n@a\ndef c(): ...\nimport dlt\n", 3),
    "a metaclass": ("class A(type):\n    def __new__(cls, *a): ...\nclass B(metaclass=A): ...\nimport dlt\n", 1),
    "a hook of subclasses": ("class A:\n    def __init_subclass__(cls): ...\nclass B(A): ...\nimport dlt\n", 2),
    "a handler": ("try:\n    import orjson\n    import dlt\nexcept ImportError:\n    open('x')\n", 5),
    "after dlt that may have failed": ("import os\ntry:\n    import orjson\n    import dlt\nexcept ImportError:\n    pass\nos.chdir('/')\n", 7),
    "the end of a try": ("try:\n    import orjson\nfinally:\n    open('x')\nimport dlt\n", 4),
    "dlt in one branch": ("import sys\nif sys.platform == 'linux':\n    import dlt\nopen('x')\n", 4),
    "dlt in a loop": ("for a in []:\n    import dlt\nopen('x')\n", 3),
    "after an error that is suppressed": ("from contextlib import suppress\nwith suppress(ImportError):\n    import orjson\n    import dlt\nopen('x')\n", 5),
    "another loop": ("while True:\n    pass\nimport dlt\n", 1),
    "a match": ("import sys\nmatch sys.argv:\n    case []:\n        pass\nimport dlt\n", 2),
    "dlt in a text": ("A = '''\nimport dlt\n'''\nopen('x')\n", 4),
    "dlt by its name": ("import importlib\ndlt = importlib.import_module('dlt')\n", 2),
    "a package with another name": ("import dltx\nimport dlt\n", 1),
    "a relative import without a package": ("from . import lib\nimport dlt\n", 1),
    "code that is no Python": ("A = 1\nthis is no Python\nimport os\n", None),
    "bytes that are no text": (b"A = '\xff'\nimport dlt\n", None),
    "a NUL": ("A = 1\0\nimport dlt\n", None),
    "brackets without an end": ("(" * 5_000 + "\nimport dlt\n", None),
    "a large script": ("A = 1\n" * 50_000, None),
}

EFFECTS_ELSEWHERE: dict[str, tuple] = {
    "a module of the workspace": ("jobs", {"jobs.py": "import lib\nimport dlt\n", "lib.py": "\nopen('x')\n"}, "lib.py", 2),
    "one with the name of a package": ("jobs", {"jobs.py": "import boto3\nimport dlt\n", "boto3.py": "open('x')\n"}, "boto3.py", 1),
    "a submodule": ("jobs", {"jobs.py": "from lib import b\nimport dlt\n", "lib/b.py": "open('x')\n"}, "lib/b.py", 1),
    "a package on the way": ("jobs", {"jobs.py": "import lib.b\nimport dlt\n", "lib/__init__.py": "open('x')\n", "lib/b.py": ""}, "lib/__init__.py", 1),
    "the package of the script": ("lib.jobs", {"lib/__init__.py": "open('x')\n", "lib/jobs.py": "import dlt\n"}, "lib/__init__.py", 1),
    "the package that is the script": ("lib", {"lib/__init__.py": "open('x')\n", "lib/__main__.py": "import dlt\n"}, "lib/__init__.py", 1),
    "the main module of a package": ("lib", {"lib/__init__.py": "", "lib/__main__.py": "open('x')\n"}, "lib/__main__.py", 1),
    "a relative import": ("lib.jobs", {"lib/__init__.py": "", "lib/b.py": "open('x')\n", "lib/jobs.py": "from .b import c\nimport dlt\n"}, "lib/b.py", 1),
    "a relative import that leaves the packages": ("lib.jobs", {"lib/jobs.py": "from ..b import c\n", "b.py": ""}, "lib/jobs.py", 1),
    "the script as a module": ("jobs", {"jobs.py": "import lib\nopen('x')\nimport dlt\n", "lib.py": "import jobs\nimport dlt\n"}, "jobs.py", 2),
    "a function of the workspace": ("jobs", {"jobs.py": "from lib import setup\nsetup()\nimport dlt\n", "lib.py": "def setup(): ...\n"}, "jobs.py", 2),
    "a module that cannot be read": ("jobs", {"jobs.py": "import lib\nimport dlt\n", "lib.py": "no Python\n"}, "lib.py", None),
    "too many modules": ("jobs", {"jobs.py": "import lib.a0\nimport dlt\n", **{f"lib/a{n}.py": f"import lib.a{n + 1}\n" for n in range(60)}}, "lib/a49.py", None),
}


class EntryModule(unittest.TestCase):
    def test_reads_the_harmless_as_such(self) -> None:
        for name, case in HARMLESS.items():
            file, files = case if isinstance(case, tuple) else ("jobs.py", {"jobs.py": case})
            module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            with self.subTest(name):
                self.assertIsNone(find(module, files))

    def test_names_the_statement_that_counts(self) -> None:
        for name, (source, line) in EFFECTS.items():
            with self.subTest(name):
                self.assertEqual(find("jobs", {"jobs.py": source}), ("jobs.py", line))

    def test_names_the_module_that_counts(self) -> None:
        for name, (module, files, file, line) in EFFECTS_ELSEWHERE.items():
            with self.subTest(name):
                self.assertEqual(find(module, files), (file, line))

    def test_prints_no_warning(self) -> None:
        before = list(warnings.filters)
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter("always")
            find("jobs", {"jobs.py": "A = '\\d'\nB = 1 is 1\n"})
        self.assertEqual(shown, [])
        self.assertEqual(warnings.filters, before)

    def test_is_described_for_the_log(self) -> None:
        for reported, text in (
            ({"file": "jobs.py", "line": 3}, "jobs.py:3 can change how"),
            ({"file": "jobs.py", "line": None}, "jobs.py could not be read"),
            ({"module": "semver"}, "a module semver of its own"),
        ):
            reason = read_plain_start(reported)
            self.assertEqual(reason, reported)
            self.assertIn(text, describe_plain_start(reason or {}))
        for reported in (None, [], {}, {"file": 3, "line": 3}, {"file": "a\nb", "line": 3}, {"file": "a" * 301, "line": 3}, {"file": "a", "line": "3"}):
            with self.subTest(reported):
                self.assertIsNone(read_plain_start(reported))


def find(module: str, files: dict[str, str | bytes]) -> tuple[str, int | None] | None:
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            Path(root, path).parent.mkdir(parents=True, exist_ok=True)
            Path(root, path).write_bytes(text if isinstance(text, bytes) else text.encode())
        effect = find_effect(os.path.realpath(root), module)
    return None if effect is None else (effect.file, effect.line)


if __name__ == "__main__":
    unittest.main()
