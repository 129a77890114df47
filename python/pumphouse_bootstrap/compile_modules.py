"""
`python3 -I -S <this file> <environment> <plan> <folder>`: compiles modules of one package, in a sandbox of its own. The plan is a JSON
list of paths below the environment; the bytecode of the nth goes to `<folder>/<n>.pyc`. A file that is no module is left out.
"""

from __future__ import annotations

import json
import os
import py_compile
import resource
import sys
import warnings


# A text that a package brings may be made to break the compiler.
_LIMITS = {resource.RLIMIT_AS: 4 << 30, resource.RLIMIT_CPU: 600, resource.RLIMIT_FSIZE: 64 << 20}


def compile_modules(environment: str, paths: list[str], folder: str) -> None:
    for number, path in enumerate(paths):
        try:
            py_compile.compile(
                os.path.join(environment, path),
                cfile=os.path.join(folder, f"{number}.pyc"),
                # Replaced by the module's real path when it is imported: the same bytecode serves every environment.
                dfile=path,
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except (py_compile.PyCompileError, OSError, RecursionError, MemoryError, ValueError):
            continue


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.dont_write_bytecode = True
    for limit, most in _LIMITS.items():
        resource.setrlimit(limit, (most, most))
    with open(sys.argv[2], encoding="utf-8") as plan:
        compile_modules(sys.argv[1], json.load(plan), sys.argv[3])
