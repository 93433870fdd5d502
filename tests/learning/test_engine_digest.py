"""The engine's digest changes with its code, not with its words."""

import ast
from pathlib import Path

import pytest

import learning
import metamodel
import warmtune.vocabulary
from learning.snapshots.engine import code_of, source_digest

SOURCES = [
    path
    for package in (learning, metamodel, warmtune.vocabulary)
    for path in sorted(Path(package.__path__[0]).rglob("*.py"))
]


class _WithoutWords(ast.NodeTransformer):
    """Every string that is a statement becomes an ellipsis."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr:  # the name is ast's
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return ast.Expr(ast.Constant(...))
        self.generic_visit(node)
        return node


def test_of_no_file_of_the_engine_more_than_words_is_left_out() -> None:
    assert len(SOURCES) > 100
    for path in SOURCES:
        text = path.read_bytes()
        kept = ast.parse(code_of(text))
        assert ast.dump(kept) == ast.dump(_WithoutWords().visit(ast.parse(text))), path


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        ('"""Other words."""\n\nA = 1  # one\n', True),
        ('"""Words."""\n\n# a remark\nA = 1\n', True),
        ('"""Words."""\n\nA = 2  # one\n', False),
        ('"""Words."""\n\nA = 1\nB = "  # one"\n', False),
    ],
    ids=["docstring", "comments", "a value", "a string that looks like a comment"],
)
def test_words_don_t_count(tmp_path: Path, changed: str, is_same: bool) -> None:
    for name, text in (("before", '"""Words."""\n\nA = 1  # one\n'), ("after", changed)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "module.py").write_text(text)
    before, after = (source_digest({"engine": tmp_path / name}) for name in ("before", "after"))
    assert (before == after) is is_same


def test_a_string_that_looks_like_a_comment_counts(tmp_path: Path) -> None:
    assert code_of(b"A = '  # one'\n") == b"A = '  # one'\n"
    assert code_of(b'A = f("  # one", 1)  # two\n') == b'A = f("  # one", 1)\n'
