"""
`python3 -I -S <this file> <plan>`: install wheels, each into its own folder, in a sandbox that runs no
package's code.

The plan is JSON: {together: [...], folder: string, separate: [[...]], parallel: number}. `together` is a
command that installs all wheels into `folder`, so that one process downloads them in parallel and fills the
cache.
`separate` then has one command per wheel, which finds it in the cache. Prints nothing, or the output of the
first failed command.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor


def install(together: list[str], folder: str, separate: list[list[str]], parallel: int) -> int:
    """@return: the exit code of the first failed command, otherwise 0"""
    downloaded = _run(together)
    if downloaded.returncode != 0:
        return _report(downloaded)
    shutil.rmtree(folder, ignore_errors=True)
    with ThreadPoolExecutor(parallel) as pool:
        for result in pool.map(_install_cached, separate):
            if result.returncode != 0:
                pool.shutdown(wait=False, cancel_futures=True)
                return _report(result)
    return 0


def _install_cached(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    """
    Install from the cache; use the network only if the index forbids caching. With the network, uv
    revalidates each wheel.
    """
    result = _run([*command, "--offline"])
    return result if result.returncode == 0 else _run(command)


def _run(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _report(failed: subprocess.CompletedProcess[bytes]) -> int:
    sys.stderr.buffer.write(failed.stdout)
    sys.stderr.flush()
    return failed.returncode


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.exit(install(**json.load(file)))
