"""
Turn a base with Python into a runner image; runs once, as root, in the build of the Containerfile in this folder.
"""

import compileall
import os
import py_compile
import re
import ssl
import stat
import sys
import sysconfig

# The users of runs: docs/decisions/0007-users-of-runs.md.
FIRST_UID, LAST_UID = 60906, 61180
# Mount points of volumes. An engine gives a new volume the mode of the folder at its mount point.
VOLUME_FOLDERS = ("/attempt", "/local-data", "/environment", "/cache")
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# Parts of the standard library that no run imports.
NOT_COMPILED = r"/(test|tests|idlelib|lib2to3|tkinter|turtledemo|ensurepip|site-packages|dist-packages)/"


def check_version(wanted: str) -> None:
    found = "%d.%d" % sys.version_info[:2]
    if found != wanted:
        sys.exit(f"The base has Python {found}, and an image for Python {wanted} was asked for: give a fitting BASE.")


def link_python() -> None:
    os.symlink(os.path.realpath(sys.executable), "/opt/pumphouse/bin/python")


def compile_library() -> None:
    """
    The root of a run is read-only: modules not compiled here would be compiled at every start of Python.
    """
    compileall.compile_dir(
        sysconfig.get_path("stdlib"),
        quiet=2,
        rx=re.compile(NOT_COMPILED),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def name_users() -> None:
    """Libraries look up the name and the home of the user that they run as."""
    ids = range(FIRST_UID, LAST_UID + 1)
    with open("/etc/passwd", "a") as users:
        users.writelines(f"pumphouse:x:{uid}:{uid}:Pumphouse run:/tmp:/bin/sh\n" for uid in ids)
    with open("/etc/group", "a") as groups:
        groups.writelines(f"pumphouse:x:{gid}:\n" for gid in ids)


def make_volume_folders() -> None:
    for folder in VOLUME_FOLDERS:
        os.mkdir(folder)
        os.chmod(folder, 0o1777)


def trust_bundle() -> None:
    """
    OpenSSL's own default is a folder of single certificates, which a bundle passed to the build does not
    change.
    """
    default = ssl.get_default_verify_paths().openssl_cafile
    if not os.path.lexists(default):
        os.symlink(CA_BUNDLE, default)


def drop_privileged_bits() -> None:
    """Nothing in a run may switch to another user, even on an engine that was configured to allow it."""
    for folder, _, names in os.walk("/usr"):
        for path in (os.path.join(folder, name) for name in names):
            mode = os.lstat(path).st_mode
            if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
                os.chmod(path, stat.S_IMODE(mode) & ~(stat.S_ISUID | stat.S_ISGID))


def main(python: str) -> None:
    check_version(python)
    link_python()
    compile_library()
    name_users()
    make_volume_folders()
    trust_bundle()
    drop_privileged_bits()


main(sys.argv[1])
