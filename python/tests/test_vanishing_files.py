"""Files of a run that are not kept are named, and the folder that dlt is configured to use is kept."""

import os
import tempfile
import unittest
from pathlib import Path

from attempt_runner import AttemptRunner, build_archive
from attempt_server import SECRET, AttemptServer

from pumphouse_bootstrap.vanishing_files import describe_vanishing_files


class VanishingFiles(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = Path(folder.name)

    def run_program(self, program: str, **begin: object) -> AttemptRunner:
        local_data = {"path": str(self.data), "source": str(self.data), "mounted": False, "written_as": "prod"}
        runner = AttemptRunner(AttemptServer(**begin), program, local_data=local_data)
        self.addCleanup(runner.clean)
        self.assertEqual(runner.run()["code"], 0, runner.server.log())
        return runner

    def test_a_database_in_the_work_folder_is_named_once_with_where_to_put_it(self) -> None:
        runner = self.run_program("open('raw.duckdb', 'wb').write(b'1' * 2048)\nopen('raw.duckdb.wal', 'w').close()")
        (note,) = runner.server.notes()
        self.assertIn("raw.duckdb (2.0 KiB) was written to the work folder of the run, which is removed", note)
        self.assertIn('os.environ["DLT_LOCAL_DIR"] + "/raw.duckdb"', note)

    def test_what_is_kept_or_not_of_user_code_is_not_named(self) -> None:
        program = """
        import os, pathlib
        pathlib.Path(os.environ["DLT_LOCAL_DIR"], "kept.duckdb").write_text("1")
        for name in (".dlt/state/x", "__pycache__/x.pyc", "logs/x.log"):
            pathlib.Path(name).parent.mkdir(parents=True, exist_ok=True)
            pathlib.Path(name).write_text("1")
        os.symlink("/etc", "etc")
        """
        self.assertEqual(self.run_program(program).server.notes(), [])

    def test_names_of_files_contain_no_secret_and_no_line_break(self) -> None:
        runner = self.run_program(f"open('{SECRET}\\nfake', 'w').write('1')", masked_values=[SECRET])
        (note,) = runner.server.notes()
        self.assertIn("***?fake", note)
        self.assertNotIn("\n", note)

    def test_many_files_are_one_line(self) -> None:
        runner = self.run_program("for n in range(9): open(f'{n}.csv', 'w').write('1' * (n + 1))")
        (note,) = runner.server.notes()
        self.assertIn("and 6 more files were written to the work folder", note)

    def test_files_of_the_code_are_not_named(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        file = Path(folder.name, "old.csv")
        file.write_text("1")
        os.utime(file, (1, 1))
        self.assertIsNone(describe_vanishing_files(folder.name, 1_000_000_000, "prod"))

    def test_the_configured_local_dir_is_the_local_data(self) -> None:
        program = """
        import os
        os.makedirs("warehouse/files", exist_ok=True)
        open("warehouse/files/raw.duckdb", "w").write("1")
        """
        runner = self.run_program(program, local_folder="warehouse/files")
        self.assertEqual(runner.server.notes(), [])
        self.assertEqual((self.data / "raw.duckdb").read_text(), "1")

    def test_a_local_dir_of_the_code_stays_and_its_files_are_named(self) -> None:
        server = AttemptServer(local_folder="warehouse")
        server.serve_archive(
            "code",
            build_archive({"warehouse/seed.csv": "1", "user_program.py": "open('warehouse/raw.duckdb', 'w').write('1')"}),
        )
        local_data = {"path": str(self.data), "source": str(self.data), "mounted": False, "written_as": "prod"}
        runner = AttemptRunner(server, local_data=local_data)
        self.addCleanup(runner.clean)
        self.assertEqual(runner.run()["code"], 0)
        (note,) = server.notes()
        self.assertIn("warehouse/raw.duckdb (1 B)", note)

    def test_a_local_dir_outside_of_the_workspace_is_ignored(self) -> None:
        for folder in ("../outside", "/tmp/outside", ".", ".dlt/data/prod"):
            self.assertEqual(self.run_program("print('ran')", local_folder=folder).server.log("stdout"), ["ran"])


if __name__ == "__main__":
    unittest.main()
