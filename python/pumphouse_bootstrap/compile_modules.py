"""
`python3 -I -S <this file> <environment> <plan> <folder>`: compile modules of one package in its own sandbox.

The plan contains paths below the environment, each ended by a NUL. The bytecode of the nth goes to
`<folder>/<n>.pyc`. A file that is not a module is skipped.

About 30 of these start for each new environment, so this file avoids json and py_compile: importing them
takes longer than compiling most packages.
"""

from __future__ import annotations

import importlib.util
import marshal
import os
import resource
import sys
import warnings

# A package's source may be crafted to crash or exhaust the compiler.
_LIMITS = {resource.RLIMIT_AS: 4 << 30, resource.RLIMIT_CPU: 600, resource.RLIMIT_FSIZE: 64 << 20}
# PEP 552 unchecked hash: Python compares the source with the bytecode neither by time nor by content.
_UNCHECKED_HASH = (1).to_bytes(4, "little")


def compile_modules(environment: str, paths: list[str], folder: str) -> None:
    for number, path in enumerate(paths):
        try:
            bytecode = _compile(os.path.join(environment, path), path)
            with open(os.path.join(folder, f"{number}.pyc"), "xb") as file:
                file.write(bytecode)
        except (SyntaxError, OSError, RecursionError, MemoryError, ValueError):
            continue


def _compile(path: str, name: str) -> bytes:
    """
    @param name: replaced by the module's real path on import, so the same bytecode serves every environment
    """
    with open(path, "rb") as file:
        source = file.read()
    code = compile(source, name, "exec", dont_inherit=True)
    return importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH + importlib.util.source_hash(source) + marshal.dumps(code)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.dont_write_bytecode = True
    for limit, maximum in _LIMITS.items():
        resource.setrlimit(limit, (maximum, maximum))
    with open(sys.argv[2], encoding="utf-8") as plan:
        compile_modules(sys.argv[1], plan.read().split("\0")[:-1], sys.argv[3])
