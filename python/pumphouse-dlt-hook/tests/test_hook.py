"""Tests of the hook in fresh interpreters, on packages that behave like dlt with and without `dlthub`."""

import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

PROJECT = Path(__file__).parents[1]

REFUSING_HUB = """
__found__ = {found}

def __getattr__(name):
    if __found__:
        raise AttributeError(name)
    raise RuntimeError("refused " + name)
"""


class Hook(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.packages = Path(folder.name)

    def write_dlt(self, hub: str, run: str | None = "job = 'a job'") -> None:
        folder = self.packages / "dlt" / "hub"
        folder.mkdir(parents=True)
        (folder.parent / "__init__.py").touch()
        (folder / "__init__.py").write_text(hub)
        if run is not None:
            (folder / "run.py").write_text(run)

    def run_python(self, code: str, *, hooked: bool = True) -> str:
        start = f"import sys; sys.path[:0] = [{str(self.packages)!r}, {str(PROJECT)!r}]\n"
        if hooked:
            start += (PROJECT / "pumphouse_dlt_hook.pth").read_text()
        command = [sys.executable, "-S", "-B", "-c", start + textwrap.dedent(code)]
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout or done.stderr.splitlines()[-1]).strip()

    def test_run_is_found_with_the_hook_and_refused_without(self) -> None:
        self.write_dlt(REFUSING_HUB.format(found=False))
        for code in (
            "from dlt.hub import run; print(run.job)",
            "from dlt import hub; print(hub.run.job)",
            "import dlt.hub; print(dlt.hub.run.job)",
        ):
            self.assertEqual(self.run_python(code), "a job", code)
            self.assertEqual(self.run_python(code, hooked=False), "RuntimeError: refused run", code)

    def test_other_names_are_refused_as_before(self) -> None:
        self.write_dlt(REFUSING_HUB.format(found=False))
        code = "from dlt import hub; hub.runner"
        self.assertEqual(self.run_python(code), "RuntimeError: refused runner")

    def test_the_package_that_is_missing_is_not_to_be_installed(self) -> None:
        hub = """
        try:
            import dlthub
            __found__ = True
        except ImportError as error:
            __found__, __exception__ = False, error

        def __getattr__(name):
            raise ImportError('pip install "dlt[hub]"')
        """
        self.write_dlt(textwrap.dedent(hub))
        for code in ("from dlt import hub; hub.runner", "from dlt.hub import runner"):
            self.assertEqual(
                self.run_python(code),
                "ImportError: dlt.hub.runner belongs to the proprietary package dlthub, which Pumphouse does not have. "
                "docs/move/hosted.md lists what to use instead.",
            )

    def test_dlt_hub_stays_as_it_is_where_dlthub_is_installed(self) -> None:
        self.write_dlt(REFUSING_HUB.format(found=True))
        code = "from dlt import hub; before = hub.__getattr__; print(before.__module__, before.__name__)"
        self.assertEqual(self.run_python(code), "dlt.hub __getattr__")

    def test_an_older_dlt_without_the_submodule_refuses_as_before(self) -> None:
        self.write_dlt(REFUSING_HUB.format(found=False), run=None)
        self.assertEqual(self.run_python("from dlt.hub import run"), "RuntimeError: refused run")

    def test_a_missing_dependency_of_the_submodule_is_reported(self) -> None:
        self.write_dlt(REFUSING_HUB.format(found=False), run="import missing_dependency")
        answer = self.run_python("from dlt.hub import run")
        self.assertEqual(answer, "ModuleNotFoundError: No module named 'missing_dependency'")

    def test_it_imports_no_module_at_start(self) -> None:
        code = """
        sys.modules.pop("pumphouse_dlt_hook")
        before = set(sys.modules)
        import pumphouse_dlt_hook
        print(*(set(sys.modules) - before))
        """
        self.assertEqual(self.run_python(code), "pumphouse_dlt_hook")

    def test_runs_of_the_server_have_the_same_code(self) -> None:
        bootstrap = PROJECT.parent / "pumphouse_bootstrap" / "environment_hooks"
        if not bootstrap.exists():
            self.skipTest("Only in the repository of Pumphouse")

        def code(path: Path) -> str:
            return path.read_text().partition("import sys\n")[2]

        self.assertEqual(code(PROJECT / "pumphouse_dlt_hook.py"), code(bootstrap / "pumphouse_dlt_hub.py"))


if __name__ == "__main__":
    unittest.main()
