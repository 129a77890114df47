"""Artifacts with secrets, and their contents after masking."""

import os
import pickle
import tempfile
import time
import unittest
from pathlib import Path

from pumphouse_bootstrap.mask_artifacts import mask_artifacts
from pumphouse_bootstrap.masking import Masker
from requirements import require

SECRET = "s3cret-of-thé-shop"


class MaskArtifacts(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # Parent folders of local data are closed to runs, and so is this one.
        self.folder = Path(folder.name, "data", "pipelines")
        (self.folder / "shop/schemas").mkdir(parents=True)

    def mask(self, since: float | None = None, drop_to: dict | None = None) -> None:
        mask_artifacts(str(self.folder.parent), ["pipelines"], Masker([SECRET]), time.time() if since is None else since, drop_to)

    def test_a_pickle_stays_whole_without_the_secret(self) -> None:
        trace = self.folder / "shop/trace.pickle"
        trace.write_bytes(pickle.dumps({"message": f"no luck with {SECRET}", "step": "extract"}))
        self.mask()
        stars = "*" * len(SECRET.encode())
        self.assertEqual(pickle.loads(trace.read_bytes()), {"message": f"no luck with {stars}", "step": "extract"})

    def test_files_of_all_depths_are_masked(self) -> None:
        schema = self.folder / "shop/schemas/shop.schema.json"
        schema.write_text(f"a {SECRET} b {SECRET}", encoding="utf-8")
        self.mask()
        self.assertNotIn(SECRET.encode(), schema.read_bytes())

    def test_older_files_are_not_touched(self) -> None:
        old = self.folder / "shop/state.json"
        old.write_text(SECRET, encoding="utf-8")
        self.mask(since=time.time() + 60)
        self.assertEqual(old.read_text(encoding="utf-8"), SECRET)

    def test_no_link_is_followed(self) -> None:
        outside = self.folder.parent / "outside"
        outside.mkdir()
        (outside / "file").write_text(SECRET, encoding="utf-8")
        (self.folder / "shop/trace.pickle").symlink_to(outside / "file")
        (self.folder / "stock").symlink_to(outside)
        self.mask()
        self.assertEqual((outside / "file").read_text(encoding="utf-8"), SECRET)

    def test_missing_artifacts_are_no_error(self) -> None:
        mask_artifacts(str(self.folder), ["shop", "missing"], Masker([SECRET]), 0.0, None)

    @require("root, which can become another user", os.geteuid() == 0)
    def test_files_are_accessed_as_the_user_that_wrote_them(self) -> None:
        theirs, ours = self.folder / "shop/theirs", self.folder / "shop/ours"
        for path in (self.folder.parent, self.folder, self.folder / "shop"):
            path.chmod(0o755)
        for path in (theirs, ours):
            path.write_text(SECRET, encoding="utf-8")
            path.chmod(0o600)
        os.chown(theirs, 60999, 60999)
        os.chown(self.folder / "shop", 0, 0)
        with self.assertRaises(PermissionError):
            self.mask(drop_to={"uid": 60999, "gid": 60999})
        self.assertEqual(ours.read_text(encoding="utf-8"), SECRET)
        ours.unlink()
        self.mask(drop_to={"uid": 60999, "gid": 60999})
        self.assertNotIn(SECRET.encode(), theirs.read_bytes())
        # Afterwards it is the original user again.
        ours.write_text("x", encoding="utf-8")
        self.assertEqual(ours.stat().st_uid, 0)


if __name__ == "__main__":
    unittest.main()
