"""What each column of a table is used as, in words."""

from metafeatures.cells.table import Cells
from metafeatures.facts import Facts
from metafeatures.profile import NominalProfile, NumericProfile, Profile
from metafeatures.roles import Role
from warmtune.vocabulary.understanding import ColumnUse


def column_uses(cells: Cells, facts: Facts) -> tuple[ColumnUse, ...]:
    """Every column of the original in its order, the target and those that were left out included."""
    left_out = {use.name: use for use in cells.left_out}
    profiles = {profile.name: profile for profile in facts.profiles}
    found = []
    for name in cells.names:
        if name in left_out:
            found.append(left_out[name])
        elif name == cells.target:
            found.append(ColumnUse(name, "target", facts.target.reason))
        else:
            found.append(_use(profiles[name], cells))
    return tuple(found)


def _use(profile: Profile, cells: Cells) -> ColumnUse:
    if isinstance(profile, NumericProfile):
        role = profile.role
    else:
        role = Role.NOMINAL if isinstance(profile, NominalProfile) else profile.role
    if profile.name in cells.nominal:
        return ColumnUse(profile.name, str(role), "it is listed as nominal")
    reason = cells.reasons.get(profile.name) or _by_type(role, str(cells.table.schema.field(profile.name).type))
    if role is Role.TEXT:
        reason = f"{profile.n} cells of text with too many different ones for categories"
    return ColumnUse(profile.name, str(role), reason)


def _by_type(role: Role, kind: str) -> str:
    if role is Role.EMPTY:
        return "no row has a value"
    return "categories" if kind.startswith("dictionary") else f"its type is {kind}"
