"""Reads what a script does before it imports dlt: in an interpreter that has imported dlt, that would come too late."""

from __future__ import annotations

import ast
import os
import re
import sys
import warnings
from collections.abc import Iterable

from pumphouse_bootstrap.inside.harmless_names import CALLS, METHODS, PACKAGES

# Reading more than this would delay the start noticeably.
_MAX_MODULES = 50
_MAX_BYTES = 200_000
_IMPORT_OF_DLT = re.compile(rb"^(?:import|from) dlt\b", re.MULTILINE)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_TRIES = (ast.Try, getattr(ast, "TryStar", ast.Try))
_WITHOUT_EFFECT = (ast.Pass, ast.Global, ast.Break, ast.Continue)
_OF_PROPERTIES = {"setter", "deleter"}
# Definitions of classes and imports of names call these.
_CALLED_IMPLICITLY = {"__init_subclass__", "__set_name__", "__class_getitem__", "__mro_entries__", "__getattr__"}
_CALLBACKS = {"key", "cls", "object_hook", "object_pairs_hook", "parse_float", "parse_int", "parse_constant"}
_METACLASSES = {"builtins.type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"}


class Effect(Exception):
    """A statement before the first import of dlt that can change how dlt is imported."""

    def __init__(self, file: str, line: int | None) -> None:
        """`line`: None if the file cannot be read."""
        super().__init__(f"{file}:{line}")
        self.file = file
        self.line = line


def find_effect(work_folder: str, module: str) -> Effect | None:
    """Return the first such statement of a script that runs as `python -m <module>`; None if there is none."""
    modules = _Modules(work_folder)
    if modules.find(f"{module}.__main__"):
        module = f"{module}.__main__"
    package = module.rpartition(".")[0]
    try:
        if not (package and modules.read_with_packages(package)):
            modules.read(module, is_main=True)
    except Effect as effect:
        return effect
    return None


class _Modules:
    """The modules of a workspace, each read once. Methods that read return whether dlt is imported afterwards."""

    def __init__(self, work_folder: str) -> None:
        self._folder = work_folder
        self._seen: set[tuple[str, bool]] = set()
        self._bytes = 0

    def find(self, module: str) -> str | None:
        path = module.replace(".", "/")
        candidates = (f"{path}/__init__.py", f"{path}.py")
        return next((one for one in candidates if os.path.isfile(f"{self._folder}/{one}")), None)

    def has(self, module: str) -> bool:
        return self.find(module) is not None or os.path.isdir(f"{self._folder}/{module.replace('.', '/')}")

    def read_with_packages(self, module: str) -> bool:
        """Read a module of the workspace after the packages that contain it."""
        parts = module.split(".")
        return any(self.read(".".join(parts[:count])) for count in range(1, len(parts) + 1))

    def read(self, module: str, is_main: bool = False) -> bool:
        file = self.find(module)
        if file is None or (module, is_main) in self._seen:
            return False
        self._seen.add((module, is_main))
        package = module if file.endswith("/__init__.py") else module.rpartition(".")[0]
        return _Reader(self, file, package, is_main).read_all(self._parse(file))

    def _parse(self, file: str) -> list[ast.stmt]:
        try:
            with open(f"{self._folder}/{file}", "rb") as opened:
                source = opened.read(_MAX_BYTES + 1)
            self._bytes += len(source)
            if self._bytes > _MAX_BYTES or len(self._seen) > _MAX_MODULES:
                raise Effect(file, None)
            with warnings.catch_warnings():
                # The compiler shows them when the module is imported.
                warnings.simplefilter("ignore")
                return _parse_to_dlt(source)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise Effect(file, None) from error


def _parse_to_dlt(source: bytes) -> list[ast.stmt]:
    """Statements after the first import of dlt do not matter, and parsing them takes time."""
    first = _IMPORT_OF_DLT.search(source)
    if first is not None:
        try:
            return ast.parse(source[: first.start()] + b"import dlt\n").body
        except SyntaxError:
            # It is within a string.
            pass
    return ast.parse(source).body


class _Reader:
    """The statements of one module, in the order in which they run."""

    def __init__(self, modules: _Modules, file: str, package: str, is_main: bool) -> None:
        self._modules = modules
        self._file = file
        self._package = package
        self._is_main = is_main
        # What a name stands for: a dotted name that was imported, or None for a value of the module's own.
        self._names: dict[str, str | None] = {}

    def read_all(self, statements: list[ast.stmt]) -> bool:
        """Return whether dlt is imported afterwards. Raises Effect."""
        return any(self._read(statement) for statement in statements)

    def _read(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.Import):
            return any(self._import(node, alias) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            return self._import_from(node)
        if isinstance(node, ast.If):
            return self._read_branches(node)
        if isinstance(node, _TRIES):
            return self._read_try(node)
        if isinstance(node, (ast.With, ast.For)):
            return self._read_block(node)
        if isinstance(node, _DEFINITIONS):
            self._define(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            self._assign(node)
        elif isinstance(node, (ast.Expr, ast.Assert, ast.Raise)):
            self._check(node, [node])
        elif not isinstance(node, _WITHOUT_EFFECT):
            raise self._effect(node)
        return False

    def _import(self, node: ast.stmt, alias: ast.alias) -> bool:
        root = alias.name.partition(".")[0]
        self._names[alias.asname or root] = alias.name if alias.asname else root
        return self._reach(node, alias.name, [])

    def _import_from(self, node: ast.ImportFrom) -> bool:
        module = node.module or ""
        if node.level > 0:
            parts = self._package.split(".") if self._package else []
            if node.level > len(parts):
                raise self._effect(node)
            parts = parts[: len(parts) - node.level + 1]
            module = ".".join([*parts, *([module] if module else [])])
        for alias in node.names:
            self._names[alias.asname or alias.name] = f"{module}.{alias.name}"
        if self._reach(node, module, [alias.name for alias in node.names]):
            return True
        if "*" in self._names:
            # It can give any name another meaning.
            raise self._effect(node)
        return False

    def _reach(self, node: ast.stmt, module: str, names: list[str]) -> bool:
        root = module.partition(".")[0]
        if root == "dlt":
            return True
        if self._modules.has(root):
            return any(self._modules.read_with_packages(one) for one in (module, *(f"{module}.{name}" for name in names)))
        if root in sys.stdlib_module_names or root in PACKAGES:
            return False
        raise self._effect(node)

    def _read_branches(self, node: ast.If) -> bool:
        decided = self._decide(node.test)
        if decided is not None:
            return self.read_all(node.body if decided else node.orelse)
        self._check(node, [node.test])
        reached = [self.read_all(branch) for branch in (node.body, node.orelse)]
        return all(reached)

    def _read_try(self, node: ast.Try) -> bool:
        if self._read(node.body[0]):
            return True
        # Any later statement may fail or not, so both ends are possible.
        reached = [self.read_all([*node.body[1:], *node.orelse])]
        for handler in node.handlers:
            self._check(node, [handler.type])
            reached.append(self.read_all(handler.body))
        return self.read_all(node.finalbody) or all(reached)

    def _decide(self, test: ast.expr) -> bool | None:
        if self._name(test) == "typing.TYPE_CHECKING":
            return False
        if not isinstance(test, ast.Compare) or self._name(test.left) != "builtins.__name__":
            return None
        other = test.comparators[0]
        is_plain = isinstance(test.ops[0], ast.Eq) and isinstance(other, ast.Constant) and other.value == "__main__"
        return self._is_main if is_plain else None

    def _read_block(self, node: ast.With | ast.For) -> bool:
        if isinstance(node, ast.For):
            self._check(node, [node.iter])
            self._bind(node, node.target, None)
            self.read_all([*node.body, *node.orelse])
            # The block may run never.
            return False
        for item in node.items:
            self._check(node, [item.context_expr])
            if item.optional_vars is not None:
                self._bind(node, item.optional_vars, None)
        first, *others = node.body
        if self._read(first):
            return True
        self.read_all(others)
        # The block may have suppressed an error of an earlier statement.
        return False

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        decorators = [one for one in node.decorator_list if not (isinstance(one, ast.Attribute) and one.attr in _OF_PROPERTIES)]
        self._check(node, [one if isinstance(one, ast.Call) else ast.Call(one, [], []) for one in decorators])
        # Not a value: a call of it runs code that is not read here.
        self._names[node.name] = f"{self._file}.{node.name}"
        if isinstance(node, ast.ClassDef):
            self._check(node, [*node.bases, *(keyword.value for keyword in node.keywords)])
            if any(self._name(base) in _METACLASSES for base in node.bases):
                raise self._effect(node)
            self.read_all(node.body)
            return
        if node.name in _CALLED_IMPLICITLY:
            raise self._effect(node)
        parameters = node.args
        every = [*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs, parameters.vararg, parameters.kwarg]
        annotations = [one.annotation for one in every if one is not None]
        self._check(node, [*parameters.defaults, *parameters.kw_defaults, *annotations, node.returns])

    def _assign(self, node: ast.Assign | ast.AnnAssign) -> None:
        # The body of a lambda does not run here.
        is_lambda = isinstance(node.value, ast.Lambda)
        self._check(node, [None if is_lambda else node.value, getattr(node, "annotation", None)])
        meaning = f"{self._file}.<lambda>" if is_lambda else self._name(node.value)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            self._bind(node, target, meaning)

    def _bind(self, node: ast.stmt, target: ast.expr, meaning: str | None) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            for one in target.elts:
                self._bind(node, one, None)
        elif isinstance(target, ast.Starred):
            self._bind(node, target.value, None)
        elif isinstance(target, ast.Name):
            self._names[target.id] = meaning
        else:
            raise self._effect(node)

    def _check(self, statement: ast.stmt, parts: Iterable[ast.AST | None]) -> None:
        """Raise Effect if one of the parts does more than compute a value."""
        for part in parts:
            for node in [] if part is None else ast.walk(part):
                if isinstance(node, ast.Call) and not self._is_harmless_call(node):
                    raise self._effect(statement)

    def _is_harmless_call(self, call: ast.Call) -> bool:
        # A lambda among the arguments is read with them, another function is not.
        if any(one.arg in _CALLBACKS and not isinstance(one.value, ast.Lambda) for one in call.keywords):
            return False
        name = self._name(call.func)
        if name is not None:
            return name in CALLS
        return isinstance(call.func, ast.Attribute) and call.func.attr in METHODS

    def _name(self, node: ast.expr | None) -> str | None:
        """Return the dotted name of what was imported; None for a value."""
        if isinstance(node, ast.Name):
            return self._names.get(node.id, f"builtins.{node.id}")
        if not isinstance(node, ast.Attribute):
            return None
        parent = self._name(node.value)
        return None if parent is None else f"{parent}.{node.attr}"

    def _effect(self, node: ast.stmt) -> Effect:
        return Effect(self._file, node.lineno)
