"""Estimators as Python code that needs no Warmtune: constructor calls, with the source of Warmtune's own classes."""

import ast
import importlib
import inspect
import math
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Final

import numpy as np

from warmtune.vocabulary.articles import with_article

OWN: Final = "warmtune"
_ERRORS: Final = "warmtune.vocabulary.errors"
_ERROR_CLASS: Final = '''class {name}(ValueError):
    """A table that can't be read."""

    def __init__(self, message, **details):
        super().__init__(message)
'''


class SourceCode:
    """Collects the imports and definitions that an expression needs, in the order in which they can run."""

    def __init__(self) -> None:
        self._imports: set[str] = set()
        self._definitions: dict[str, str] = {}
        self._modules: dict[str, dict[str, ast.stmt]] = {}

    def expression(self, value: object) -> str:
        """A value as an expression: estimators, functions, types, numbers, strings and containers of these."""
        if hasattr(value, "get_params") and not isinstance(value, type):  # CatBoost's are no `BaseEstimator`
            return self._constructor(value)
        if isinstance(value, (type, type(len))) or inspect.isfunction(value):
            return self._name(value.__module__, value.__qualname__)
        if isinstance(value, float) and not math.isfinite(value):
            return f'float("{value}")'
        if isinstance(value, np.generic):
            return self.expression(value.item())
        if isinstance(value, np.ndarray):
            return self.expression(value.tolist())
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{self.expression(k)}: {self.expression(v)}" for k, v in value.items()) + "}"
        if isinstance(value, tuple):
            return "(" + ", ".join(map(self.expression, value)) + ("," if len(value) == 1 else "") + ")"
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
            return "[" + ", ".join(map(self.expression, value)) + "]"
        if value is None or isinstance(value, (str, bool, int, float)):
            return repr(str(value) if isinstance(value, str) else value)
        raise TypeError(f"{with_article(type(value).__name__)} can't be written as code")

    def text(self) -> str:
        """The imports and definitions."""
        return "\n".join(sorted(self._imports)) + "\n\n\n" + "\n\n\n".join(self._definitions.values())

    def _constructor(self, estimator: Any) -> str:
        kind = type(estimator)
        defaults = inspect.signature(kind.__init__).parameters
        given = []
        for name, value in estimator.get_params(deep=False).items():
            default = defaults[name].default if name in defaults else None
            if not _is_same(value, default):
                given.append(f"{name}={self.expression(value)}")
        return f"{self._name(kind.__module__, kind.__qualname__)}({', '.join(given)})"

    def _name(self, module: str, name: str) -> str:
        if module == "builtins":
            return name
        if module.partition(".")[0] != OWN:
            self._imports.add(f"from {_public(module, name)} import {name}")
        else:
            self._define(module, name)
        return name

    def _define(self, module: str, name: str) -> None:
        """Take over a definition of one of Warmtune's modules, and what it uses before it."""
        if name in self._definitions:
            return
        if module == _ERRORS:
            self._definitions[name] = _ERROR_CLASS.format(name=name).rstrip()
            return
        statement = self._statements(module)[name]
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            self._import(statement, name)
            return
        stripped = _Bare()
        bare = ast.fix_missing_locations(stripped.visit(statement))
        self._definitions[name] = ""  # it is on its way: a class may name itself
        for inner_module, inner_name in stripped.imported:
            self._define(inner_module, inner_name)
        for used in _names_in(bare):
            if used != name and used in self._statements(module):
                self._define(module, used)
        del self._definitions[name]
        self._definitions[name] = ast.unparse(bare)

    def _import(self, statement: ast.Import | ast.ImportFrom, name: str) -> None:
        alias = next(a for a in statement.names if (a.asname or a.name) == name)
        renamed = f" as {alias.asname}" if alias.asname else ""
        if isinstance(statement, ast.Import):
            self._imports.add(f"import {alias.name}{renamed}")
        elif (statement.module or "").partition(".")[0] == OWN:
            self._define(str(statement.module), alias.name)
        else:
            self._imports.add(f"from {statement.module} import {alias.name}{renamed}")

    def _statements(self, module: str) -> dict[str, ast.stmt]:
        """What a module defines or imports at its top, by name."""
        if module not in self._modules:
            tree = ast.parse(inspect.getsource(_loaded(module)))
            found: dict[str, ast.stmt] = {}
            for statement in tree.body:
                for name in _defined_by(statement):
                    found[name] = statement
            self._modules[module] = found
        return self._modules[module]


class _Bare(ast.NodeTransformer):
    """Takes away what names Warmtune: types, and imports within functions, whose names are noted."""

    def __init__(self) -> None:
        self.imported: list[tuple[str, str]] = []

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:  # ast's name
        if (node.module or "").partition(".")[0] != OWN:
            return node
        self.imported += [(str(node.module), alias.name) for alias in node.names]
        return None

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:  # ast's name
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:  # ast's name
        self.generic_visit(node)
        return None if node.value is None else ast.Assign(targets=[node.target], value=node.value)


def _defined_by(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
    return []


def _names_in(statement: ast.AST) -> list[str]:
    return sorted({node.id for node in ast.walk(statement) if isinstance(node, ast.Name)})


def _public(module: str, name: str) -> str:
    """The shortest public module that has the name: ``sklearn.svm`` rather than ``sklearn.svm._classes``."""
    parts = module.split(".")
    owned = getattr(_loaded(module), name)
    for length in range(1, len(parts) + 1):
        candidate = ".".join(parts[:length])
        is_private = any(part.startswith("_") for part in parts[:length])
        if not is_private and getattr(_loaded(candidate), name, None) is owned:
            return candidate
    return module


def _loaded(module: str) -> ModuleType:
    return sys.modules.get(module) or importlib.import_module(module)


def _is_same(value: object, default: object) -> bool:
    if value is default:
        return True
    if isinstance(value, float) and isinstance(default, float) and math.isnan(value) and math.isnan(default):
        return True
    return type(value) is type(default) and isinstance(value, (str, int, float, bool)) and value == default
