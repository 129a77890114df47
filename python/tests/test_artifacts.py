"""The artifact locations passed to dlt."""

import json
import tempfile
import unittest
from pathlib import Path

from pumphouse_bootstrap.inside.artifacts import prepare_artifacts


class Artifacts(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.data = self.folder / "data"

    def prepare(self, use: str | None, profile: str, written_as: str = "prod") -> dict[str, str]:
        artifacts = None if use is None else {"use": use, "folder": ".artifacts"}
        local_data = {"path": str(self.data), "mounted": True, "written_as": written_as}
        return prepare_artifacts(artifacts, local_data, profile, str(self.folder))

    def test_a_run_sends_them_to_a_folder_of_the_local_data(self) -> None:
        variables = self.prepare("send", "prod")
        self.assertEqual(variables.pop("SEND__ARTIFACTS__BUCKET_URL"), f"file://{self.data}/.artifacts/pipelines")
        self.assertEqual(json.loads(variables.pop("SEND__ARTIFACTS__KWARGS")), {"auto_mkdir": True})
        self.assertEqual(variables, {})

    def test_an_app_fetches_them_under_its_profile_and_the_one_that_wrote_them(self) -> None:
        (self.data / ".artifacts/pipelines/shop").mkdir(parents=True)
        (self.data / ".artifacts/pipelines/shop/state.json").write_text("{}")
        [(name, url)] = self.prepare("sync", "access").items()
        self.assertEqual(name, "SYNC__ARTIFACTS__BUCKET_URL")
        root = Path(url.removeprefix("file://"))
        self.assertEqual(sorted(path.name for path in root.iterdir()), ["access", "prod"])
        for profile in ("access", "prod"):
            self.assertEqual((root / profile / "pipelines/shop/state.json").read_text(), "{}")

    def test_an_app_before_the_first_run_finds_an_empty_folder(self) -> None:
        self.data.mkdir()
        root = Path(self.prepare("sync", "access")["SYNC__ARTIFACTS__BUCKET_URL"].removeprefix("file://"))
        self.assertEqual([list(path.iterdir()) for path in root.iterdir()], [[], []])

    def test_an_app_of_the_profile_that_wrote_them_has_them_once(self) -> None:
        root = Path(self.prepare("sync", "prod")["SYNC__ARTIFACTS__BUCKET_URL"].removeprefix("file://"))
        self.assertEqual([path.name for path in root.iterdir()], ["prod"])

    def test_no_variables_without_artifacts_or_local_data(self) -> None:
        self.assertEqual(self.prepare(None, "prod"), {})
        self.assertEqual(prepare_artifacts({"use": "send", "folder": ".artifacts"}, None, "prod", "/nowhere"), {})


if __name__ == "__main__":
    unittest.main()
