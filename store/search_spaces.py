"""Search spaces in the database: definitions by their content, and the names under which some are registered."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, RowMapping, Select, bindparam, func, select, update

from store.connections.database import to_json
from store.connections.locks import lock_name
from store.connections.scope import COLUMN, SHIPPED, asker, own, owner_of, visible, visible_to_asker, workspace_of
from store.connections.upsert import upserting
from store.model_keys import KindGroup, group_of, group_of_all
from store.names import is_possible
from store.pages import PageRequest, paginate
from store.registered_space import (
    DefinitionRef,
    RegisteredSpace,
    _registered_space,
    choose,
    space_id_of,
    space_of,
)
from store.tables import registered_spaces, search_spaces, studies
from warmtune.vocabulary.errors import ConflictError, NotFoundError
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.spelling import did_you_mean
from warmtune.vocabulary.task import TaskKind

_SAME_DEFINITION = (registered_spaces.c[COLUMN] == search_spaces.c[COLUMN]) & (
    registered_spaces.c.space_id == search_spaces.c.space_id
)
_REGISTERED: Final = select(registered_spaces, search_spaces.c.definition, search_spaces.c.content_key).join_from(
    registered_spaces, search_spaces, _SAME_DEFINITION
)
_NAMED: Final = _REGISTERED.where(
    registered_spaces.c.name == bindparam("asked_name"), visible_to_asker(registered_spaces)
).order_by(registered_spaces.c.seq)
_DEFINITION_OF: Final = (
    select(registered_spaces.c.space_id, registered_spaces.c[COLUMN])
    .join_from(registered_spaces, search_spaces, _SAME_DEFINITION)
    .where(search_spaces.c.content_key == bindparam("asked_content"), visible_to_asker(registered_spaces))
    .where(registered_spaces.c.kind_group.in_([bindparam("asked_group"), KindGroup.ANY.value]))
    .order_by(registered_spaces.c.seq)
    .limit(1)
)


class SearchSpaceRepository:
    """Reads and writes search spaces within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, space: SearchSpace) -> str:
        """Store a definition and return its identifier; the same definition is stored once."""
        space_id = space_id_of(space)
        row = {
            **owner_of(self._connection),
            "space_id": space_id,
            "content_key": space.content_key,
            "definition": to_json(space.to_json()),
        }
        statement = upserting(self._connection, search_spaces).values(row)
        self._connection.execute(statement.on_conflict_do_nothing(index_elements=[COLUMN, "space_id"]))
        return space_id

    def get(self, space_id: str) -> SearchSpace:
        """The definition with this identifier.

        Raises:
            NotFoundError: If there is none.
        """
        query = select(search_spaces.c.definition).where(
            search_spaces.c.space_id == space_id, visible(self._connection, search_spaces)
        )
        definition = self._connection.execute(query).scalar()
        if definition is None:
            raise NotFoundError("there is no such search space", field="search_space", value=space_id)
        return space_of(definition)

    def register(
        self,
        name: str,
        space: SearchSpace,
        *,
        kinds: Sequence[TaskKind] = tuple(TaskKind),
        summary: str = "",
    ) -> tuple[RegisteredSpace, bool]:
        """Give a search space a name, and say whether the name is new.

        A name keeps its meaning once studies were made under it: then only what leaves parameters and conditions
        as they are (defaults, aliases) may change. The shipped catalogue may move its own names on.

        Raises:
            ConflictError: If the name is of the shipped catalogue, or studies were made under another definition.
        """
        shipped = workspace_of(self._connection) == SHIPPED
        group = group_of_all(kinds)
        lock_name(self._connection, "registered_spaces", name)
        overlapping = tuple(KindGroup) if group is KindGroup.ANY else (group, KindGroup.ANY)
        taken = [entry for entry in self._named(name) if entry["kind_group"] in overlapping]
        current = next((entry for entry in taken if entry["kind_group"] == group.value), None)
        if not shipped:
            self._refuse_redefinition(name, space, taken, current)
        row = {
            **owner_of(self._connection),
            "name": name,
            "kind_group": group.value,
            "kinds": [kind.value for kind in TaskKind if kind in set(kinds)],
            "space_id": self.keep(space),
            "shipped": shipped,
            "summary": summary,
        }
        if current is None:
            self._connection.execute(registered_spaces.insert().values(row))
        else:
            self._connection.execute(
                update(registered_spaces)
                .where(registered_spaces.c.seq == current["seq"], own(self._connection, registered_spaces))
                .values(row)
            )
        query = self._registered().where(
            registered_spaces.c.name == name,
            registered_spaces.c.kind_group == group.value,
            own(self._connection, registered_spaces),
        )
        return _registered_space(self._connection.execute(query).mappings().one()), current is None

    def find(self, name: str, *, kind: TaskKind | None = None, field: str = "search_space") -> RegisteredSpace:
        """The search space of this name that serves tasks of `kind` (the first registered one if none is given).

        Raises:
            NotFoundError: If there is no such name, or none for such tasks, naming `field`.
        """
        return choose(self.find_all(name, field=field), name, kind=kind, field=field)

    def find_all(self, name: str, *, field: str = "search_space") -> tuple[RegisteredSpace, ...]:
        """All search spaces of this name, the first registered first; at least one.

        Raises:
            NotFoundError: If there is none, naming `field`.
        """
        found = tuple(_registered_space(row) for row in self._named(name))
        if not found:
            raise self._unknown(name, field)
        return found

    def with_content(self, content_key: str, group: KindGroup) -> SearchSpace | None:
        """A registered definition of equal content, so that its defaults are known; or None."""
        query = (
            self._registered()
            .where(search_spaces.c.content_key == content_key)
            .where(registered_spaces.c.kind_group.in_([group.value, KindGroup.ANY.value]))
            .order_by(registered_spaces.c.seq)
            .limit(1)
        )
        row = self._connection.execute(query).mappings().first()
        return None if row is None else _registered_space(row).space

    def definition_of(self, content_key: str, group: KindGroup) -> DefinitionRef | None:
        """Which definition `with_content` gives; reads nothing else of it."""
        asked = {"asked_content": content_key, "asked_group": group.value, **asker(self._connection)}
        row = self._connection.execute(_DEFINITION_OF, asked).first()
        return None if row is None else DefinitionRef(row[0], row[1])

    def any_with_content(self, content_key: str) -> SearchSpace | None:
        """A definition of equal content, the registered one first; or None."""
        query = (
            select(search_spaces.c.definition)
            .outerjoin(registered_spaces, _SAME_DEFINITION)
            .where(search_spaces.c.content_key == content_key, visible(self._connection, search_spaces))
            .order_by(registered_spaces.c.seq.is_(None), registered_spaces.c.seq, search_spaces.c.space_id)
            .limit(1)
        )
        definition = self._connection.execute(query).scalar()
        return None if definition is None else space_of(definition)

    def content_keys(self, name: str, *, kinds: Sequence[TaskKind]) -> tuple[str, ...]:
        """Content keys of the search spaces of a name that serve one of the kinds of task.

        Raises:
            NotFoundError: If there is no such name.
        """
        named = self._named(name)
        if not named:
            raise self._unknown(name, "search_space")
        wanted = {kind.value for kind in kinds}
        return tuple(row["content_key"] for row in named if wanted & set(row["kinds"]))

    def names_of(self, content_key: str) -> frozenset[str]:
        """Names under which the content is registered, or studies were made over it."""
        registered = self._registered().where(search_spaces.c.content_key == content_key)
        used = (
            select(studies.c.search_space_name)
            .where(studies.c.content_key == content_key, visible(self._connection, studies))
            .distinct()
        )
        names = {row["name"] for row in self._connection.execute(registered).mappings()}
        names |= {row[0] for row in self._connection.execute(used)}
        return frozenset(name for name in names if name is not None)

    def editions_of(self, content_key: str) -> frozenset[str]:
        """Content keys of other definitions that have one of the content's names, or studies made under it.

        Such are the former definitions of a search space of the catalogue, after an upgrade that has changed it.
        """
        names = sorted(self.names_of(content_key))
        if not names:
            return frozenset()
        used = (
            select(studies.c.content_key)
            .where(studies.c.search_space_name.in_(names), visible(self._connection, studies))
            .distinct()
        )
        registered = self._registered().where(registered_spaces.c.name.in_(names))
        found = {row["content_key"] for row in self._connection.execute(registered).mappings()}
        return frozenset(found.union(self._connection.execute(used).scalars())) - {content_key}

    def page(self, request: PageRequest, *, kind: TaskKind | None = None) -> Page[RegisteredSpace]:
        """Registered search spaces in the order of registration, the shipped catalogue first."""
        query = self._registered()
        if kind is not None:
            groups = [group_of(kind).value, KindGroup.ANY.value]
            query = query.where(registered_spaces.c.kind_group.in_(groups))
        by, owner = registered_spaces.c.seq, registered_spaces.c[COLUMN]
        return paginate(
            self._connection, query, request, by=by, read=_registered_space, newest_first=False, owner=owner
        )

    def count(self) -> int:
        """How many names are registered."""
        return self._connection.execute(
            select(func.count()).where(visible(self._connection, registered_spaces))
        ).scalar_one()

    def registered_names(self) -> tuple[str, ...]:
        """All registered names, sorted."""
        query = select(registered_spaces.c.name).distinct().where(visible(self._connection, registered_spaces))
        return tuple(sorted(self._connection.execute(query).scalars()))

    def n_studies(self, spaces: Sequence[RegisteredSpace]) -> tuple[int, ...]:
        """How many studies of the kinds of task that each is for were made over its content, under whatever name.

        What was made under a name, over whatever content, is counted by `store.totals.totals_by_name`.
        """
        query = (
            select(studies.c.content_key, studies.c.kind_group, func.count())
            .where(studies.c.content_key.in_([entry.space.content_key for entry in spaces]))
            .where(visible(self._connection, studies))
            .group_by(studies.c.content_key, studies.c.kind_group)
        )
        counts = {(row[0], row[1]): row[2] for row in self._connection.execute(query)}
        groups = [{group_of(kind).value for kind in entry.kinds} for entry in spaces]
        return tuple(
            sum(counts.get((entry.space.content_key, group), 0) for group in own)
            for entry, own in zip(spaces, groups, strict=True)
        )

    def _named(self, name: str) -> Sequence[RowMapping]:
        if not is_possible(name):
            return ()
        return self._connection.execute(_NAMED, {"asked_name": name, **asker(self._connection)}).mappings().all()

    def _unknown(self, name: str, field: str) -> NotFoundError:
        hint = did_you_mean(name, self.registered_names())
        return NotFoundError(f"there is no search space of this name{hint}", field=field, value=name)

    def _registered(self) -> Select[tuple[object, ...]]:
        return _REGISTERED.where(visible(self._connection, registered_spaces))

    def _refuse_redefinition(
        self, name: str, space: SearchSpace, taken: Sequence[RowMapping], current: RowMapping | None
    ) -> None:
        if any(entry["shipped"] for entry in taken):
            raise ConflictError(
                f"the name {name!r} belongs to the shipped catalogue; register yours under another",
                field="name",
                value=name,
            )
        if taken and current is None:
            raise ConflictError(f"the name {name!r} is registered for other kinds of task", field="kinds", value=name)
        if current is None or current["content_key"] == space.content_key:
            return
        made = select(func.count()).where(studies.c.search_space_name == name, own(self._connection, studies))
        if n_studies := self._connection.execute(made).scalar_one():
            raise ConflictError(
                f"{n_studies} studies were made under the name {name!r} with other parameters; register the new "
                "search space under another name",
                field="name",
                value=name,
            )
