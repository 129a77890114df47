"""
`python3 -I -S <this file> <plan>`: installs wheels, each into a folder of its own, in a sandbox in which no package's code runs. The
plan is JSON: {commands: [[...]], parallel: number}. Says nothing, or what the first command that failed has said.
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor


def install(commands: list[list[str]], parallel: int) -> int:
    def run(command: list[str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    with ThreadPoolExecutor(parallel) as pool:
        running = [pool.submit(run, command) for command in commands]
        for future in running:
            result = future.result()
            if result.returncode != 0:
                sys.stderr.buffer.write(result.stdout)
                sys.stderr.flush()
                pool.shutdown(wait=False, cancel_futures=True)
                return result.returncode
    return 0


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        plan = json.load(file)
    sys.exit(install(plan["commands"], plan["parallel"]))
