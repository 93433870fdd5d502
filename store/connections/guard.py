"""Refuses statements that touch rows of other workspaces, or that could, since a condition was forgotten."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Delete, Engine, FromClause, Insert, Join, Select, Table, Update, event
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ClauseElement
from sqlalchemy.sql.operators import eq, in_op
from sqlalchemy.sql.selectable import Alias, SelectBase

from store.connections.scope import COLUMN, EVERYWHERE, OPTION, SHIPPED_SEQ, ScopedByParent, Workspace
from warmtune.vocabulary.errors import ServiceError

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler


class ForeignRowsError(ServiceError):
    """A statement could touch another workspace's rows: a mistake in the code."""

    code = "foreign_rows"


def guard(engine: Engine) -> None:
    """Let an engine execute only statements that stay within their connection's workspace.

    A statement is looked through once, when it is compiled; afterwards only the bound values are compared.
    """
    looked_through: WeakKeyDictionary[SQLCompiler, tuple[str, ...]] = WeakKeyDictionary()

    @event.listens_for(engine, "before_cursor_execute")
    def check(
        _connection: Connection, _cursor: object, _statement: str, _parameters: object, context: Any, _many: bool
    ) -> None:
        compiled = context.compiled
        if compiled is None or compiled.statement is None or EVERYWHERE in context.execution_options:
            return
        names = looked_through.get(compiled)
        if names is None:
            names = looked_through[compiled] = _names_of_owners(compiled)
        if names:
            _check_values(names, context.compiled_parameters, context.execution_options.get(OPTION), compiled)


def _check_values(
    names: tuple[str, ...], rows: list[dict[str, object]], workspace: Workspace | None, compiled: "SQLCompiler"
) -> None:
    if workspace is None:
        raise ForeignRowsError("rows of a workspace were asked for by a connection that is bound to none")
    allowed = {workspace.seq} if compiled.isinsert or workspace.seq == SHIPPED_SEQ else {workspace.seq, SHIPPED_SEQ}
    for row in rows:
        for name in names:
            if row[name] not in allowed:
                raise ForeignRowsError("a statement asks for the rows of another workspace")


def _names_of_owners(compiled: "SQLCompiler") -> tuple[str, ...]:
    """The names of the parameters that have to be the connection's workspace.

    Raises:
        ForeignRowsError: If a condition is missing.
    """
    statement = compiled.statement
    if statement is None or not isinstance(statement, ClauseElement):
        return ()
    binds: set[BindParameter[Any]] = set()
    _look_through(statement, frozenset(), binds)
    names = {compiled.bind_names[bind] for bind in binds if bind in compiled.bind_names}
    if isinstance(statement, Insert) and _scope(statement.table) == "owned":
        given = {name for name in compiled.binds if name == COLUMN or name.startswith(f"{COLUMN}_m")}
        if not given:
            raise ForeignRowsError(f"a row of {statement.table.name} is written without its workspace")
        names |= given
    return tuple(sorted(names))


def _look_through(node: ClauseElement, outer: frozenset[FromClause], binds: set[BindParameter[Any]]) -> None:
    """Check a statement and those within it, and collect the values that tables are compared with."""
    inside = outer
    if isinstance(node, Select):
        froms = list(_single(node.get_final_froms()))
        conditions = [*node._where_criteria, *_on_clauses(node.get_final_froms())]
        _check_tables(froms, conditions, outer, binds)
        inside = outer | frozenset(froms)
    elif isinstance(node, (Update, Delete)):
        _check_tables([node.table], node._where_criteria, outer, binds)
        inside = outer | {node.table}
    for child in node.get_children():
        if isinstance(child, ClauseElement) and not isinstance(child, Table):
            _look_through(child, inside, binds)


def _check_tables(
    froms: Iterable[FromClause],
    conditions: Iterable[ClauseElement],
    outer: frozenset[FromClause],
    binds: set[BindParameter[Any]],
) -> None:
    compared = list(_comparisons(conditions))
    for source in froms:
        table = source.element if isinstance(source, Alias) else source
        scope = _scope(table)
        if scope is None or scope == "common" or source in outer:
            continue
        wanted = scope.columns if isinstance(scope, ScopedByParent) else (COLUMN,)
        is_found = False
        for comparison in compared:
            for side, other in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
                if getattr(side, "table", None) is source and getattr(side, "name", None) in wanted:
                    is_found = True
                    if scope == "owned" and isinstance(other, BindParameter):
                        binds.add(other)
        if not is_found:
            raise ForeignRowsError(f"{table} is asked without the condition on {' or '.join(wanted)}")


def _scope(table: object) -> object:
    return table.info.get("scope") if isinstance(table, Table) else None


def _single(froms: Iterable[FromClause]) -> Iterator[FromClause]:
    for source in froms:
        if isinstance(source, Join):
            yield from _single((source.left, source.right))
        else:
            yield source


def _on_clauses(froms: Iterable[FromClause]) -> Iterator[ClauseElement]:
    for source in froms:
        if isinstance(source, Join):
            if source.onclause is not None:
                yield source.onclause
            yield from _on_clauses((source.left, source.right))


def _comparisons(conditions: Iterable[ClauseElement]) -> Iterator[BinaryExpression[Any]]:
    """Comparisons by equality, or with one of several values; those of statements within are looked at there."""
    for condition in conditions:
        if isinstance(condition, SelectBase):
            continue
        if isinstance(condition, BinaryExpression) and condition.operator in (eq, in_op):
            yield condition
        yield from _comparisons(child for child in condition.get_children() if isinstance(child, ClauseElement))
