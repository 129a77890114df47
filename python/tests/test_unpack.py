import io
import os
import stat
import tarfile
import tempfile
import unittest
from pathlib import Path

from attempt_runner import build_archive
from pumphouse_bootstrap.inside.stage_failure import StageFailure
from pumphouse_bootstrap.inside.unpack import place_local_data, unpack_code, unpack_configuration


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    info.mode = mode
    info.mtime = 1_700_000_000
    return info


def link(name: str, target: str) -> tarfile.TarInfo:
    return member(name, tarfile.SYMTYPE, target)


def open_archive(data: bytes) -> int:
    descriptor = os.memfd_create("archive")
    os.write(descriptor, data)
    return descriptor


class Unpacking(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name) / "shop"
        self.root.mkdir()

    def unpack(self, data: bytes) -> None:
        unpack_code(open_archive(data), str(self.root))

    def test_files_keep_content_mode_and_time(self) -> None:
        raw = [member("files/bin/run.sh", mode=0o755), member("files/bin/setuid", mode=0o4755), link("files/bin/again", "../a.py")]
        self.unpack(build_archive({"a.py": "print(1)", "deep/er/ä 漢.txt": b"\0\xff" * 400_000}, raw))
        self.assertEqual((self.root / "a.py").read_text(), "print(1)")
        self.assertEqual((self.root / "deep/er/ä 漢.txt").read_bytes(), b"\0\xff" * 400_000)
        self.assertEqual(stat.S_IMODE((self.root / "bin/run.sh").stat().st_mode), 0o755)
        self.assertEqual(stat.S_IMODE((self.root / "bin/setuid").stat().st_mode), 0o755)
        self.assertEqual((self.root / "bin/run.sh").stat().st_mtime, 1_700_000_000)
        self.assertEqual((self.root / "bin/again").read_text(), "print(1)")
        self.assertEqual(os.readlink(self.root / "bin/again"), "../a.py")

    def test_unsafe_archives_are_refused_and_nothing_is_written_outside(self) -> None:
        outside = self.root.parent / "outside"
        unsafe: list[list[tarfile.TarInfo]] = [
            [member("files//etc/x")],
            [member("/files/x")],
            [member("files/../../outside")],
            [member("files/a/../../../outside")],
            [member("files/./x")],
            [member("files/a\\b")],
            [member("x")],
            [member("files/" + "n" * 300)],
            [member("files/a"), member("files/a")],
            [member("files/a"), member("files/a/b")],
            [member("files/a/b"), member("files/a")],
            [link("files/l", ".."), member("files/l/outside")],
            [link("files/l", "/etc")],
            [link("files/l", "..")],
            [link("files/d/l", "../../outside")],
            [link("files/l", "d/../../outside")],
            [link("files/l", "")],
            [link("files/m", "."), link("files/m/n", "x")],
            [member("files/hard", tarfile.LNKTYPE, "files/a")],
            [member("files/dev", tarfile.CHRTYPE)],
            [member("files/block", tarfile.BLKTYPE)],
            [member("files/pipe", tarfile.FIFOTYPE)],
            [member("files/folder", tarfile.DIRTYPE)],
            [member("files/.dlt/data/prod/x")],
        ]
        for raw in unsafe:
            with self.subTest(names=[info.name for info in raw], target=raw[-1].linkname):
                with self.assertRaises(StageFailure) as caught:
                    self.unpack(build_archive({}, raw))
                self.assertEqual(caught.exception.code, "unpack_failed")
                self.assertFalse(outside.exists())
                for entry in sorted(self.root.rglob("*"), reverse=True):
                    entry.rmdir() if entry.is_dir() and not entry.is_symlink() else entry.unlink()

    def test_damaged_and_incomplete_archives_are_refused(self) -> None:
        whole = build_archive({"a.py": os.urandom(100_000)})
        for data in (b"", b"no gzip", whole[: len(whole) // 2], build_archive({"a.py": "1"}, manifest=False)):
            with self.assertRaises(StageFailure):
                self.unpack(data)
            (self.root / "a.py").unlink(missing_ok=True)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for name in ("manifest.yaml", "files/late"):
                archive.addfile(member(name))
        with self.assertRaises(StageFailure):
            self.unpack(buffer.getvalue())

    def test_an_existing_parent_must_be_a_folder(self) -> None:
        (self.root / "a").symlink_to(self.root.parent)
        with self.assertRaises(StageFailure):
            self.unpack(build_archive({"a/outside": "x"}))
        self.assertFalse((self.root.parent / "outside").exists())

    def test_configuration_files_are_private_and_have_the_names_that_dlt_reads(self) -> None:
        self.unpack(build_archive({".dlt/config.toml": "old", ".dlt/.toolkits": "t"}))
        names = ["config.toml", "prod.secrets.toml", "secrets.access.toml", "config.a.b.toml"]
        unpack_configuration(open_archive(build_archive({name: name for name in names})), str(self.root))
        placed = {path.name: path.read_text() for path in (self.root / ".dlt").iterdir()}
        self.assertEqual(
            placed,
            {
                ".workspace": "",
                ".toolkits": "t",
                "config.toml": "config.toml",
                "prod.secrets.toml": "prod.secrets.toml",
                "access.secrets.toml": "secrets.access.toml",
                "a.b.config.toml": "config.a.b.toml",
            },
        )
        for name in ("config.toml", "access.secrets.toml", ".workspace"):
            self.assertEqual(stat.S_IMODE((self.root / ".dlt" / name).stat().st_mode), 0o600)

    def test_folders_links_and_duplicate_names_in_a_configuration_are_refused(self) -> None:
        archives = [
            build_archive({"sub/config.toml": "x"}),
            build_archive({}, [link("files/config.toml", "prod.config.toml")]),
            build_archive({"prod.secrets.toml": "1", "secrets.prod.toml": "2"}),
        ]
        for data in archives:
            with self.assertRaises(StageFailure):
                unpack_configuration(open_archive(data), str(self.root))
        unpack_configuration(None, str(self.root))
        self.assertTrue((self.root / ".dlt/.workspace").is_file())

    def test_local_data_that_is_not_mounted_is_linked(self) -> None:
        data = self.root.parent / "data"
        data.mkdir()
        place_local_data({"path": str(data), "mounted": False, "written_as": "prod"}, "prod", str(self.root))
        (self.root / ".dlt/data/prod/x.duckdb").write_text("1")
        self.assertEqual((data / "x.duckdb").read_text(), "1")
        place_local_data({"path": "/elsewhere", "mounted": True, "written_as": "access"}, "access", str(self.root))
        place_local_data(None, "access", str(self.root))
        self.assertFalse((self.root / ".dlt/data/access").exists())
        for profile in ("..", "a/b", ""):
            with self.assertRaises(StageFailure):
                place_local_data({"path": str(data), "mounted": False, "written_as": profile}, profile, str(self.root))

    def test_a_copy_of_local_data_is_also_linked_under_the_profile_that_wrote_it(self) -> None:
        data = self.root / ".dlt/data/access"
        data.mkdir(parents=True)
        (data / "x.duckdb").write_text("1")
        place_local_data({"path": str(data), "mounted": True, "written_as": "prod"}, "access", str(self.root))
        self.assertEqual((self.root / ".dlt/data/prod/x.duckdb").read_text(), "1")
        other = self.root / "other"
        other.mkdir()
        place_local_data({"path": str(data), "mounted": False, "written_as": "prod"}, "access", str(other))
        for profile in ("access", "prod"):
            self.assertEqual((other / ".dlt/data" / profile / "x.duckdb").read_text(), "1")
