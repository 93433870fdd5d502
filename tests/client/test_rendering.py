from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from warmtune.vocabulary.recommendation import RankedConfiguration, Recommendation, Source, Strategy
from warmtune.vocabulary.rendering import plain_table, recommendation_table, recommendation_text, render, value_text

RANKED = RankedConfiguration(
    rank=1,
    configuration={"learning_rate": 0.123456789, "criterion": "entropy", "bootstrap": True, "max_depth": None},
    expected_regret=0.0512,
    uncertainty=0.031,
    expected_duration_s=0.42,
    sources=(Source("t1", "vehicle", 0.93), Source("t2", "wine", 0.9), Source("t3", "iris", 0.8)),
    adjustments=("max_depth clipped",),
)
ANSWER = Recommendation((RANKED, replace(RANKED, rank=2)), Strategy.NEIGHBOURS, 0.75, "m1", "12 similar tasks")


def test_a_recommendation_reads_as_a_table() -> None:
    text = " ".join(recommendation_text(ANSWER).split())
    for part in ("learning_rate=0.1235", "max_depth=None", "0.05 ± 0.03", "0.42", "vehicle", "1 more", "max_depth"):
        assert part in text
    assert "neighbours (confidence 0.75), model m1: 12 similar tasks" in text


def test_a_name_and_its_value_stay_in_one_piece() -> None:
    ranked = replace(RANKED, configuration={"max_features_exponent": 0.1234, "l2_regularization": 123.4})
    text = recommendation_text(replace(ANSWER, configurations=(ranked,)))
    assert "max_features_exponent=0.1234," in text
    assert "l2_regularization=123.4" in text


def test_what_names_and_choices_hold_does_nothing_in_a_terminal() -> None:
    acting = "\x1b[31m\x9b2J\u202e\u200b\r\n\x00"
    ranked = replace(RANKED, configuration={"sep": f"a{acting}b"}, sources=(Source("t1", f"v{acting}", 0.9),))
    text = recommendation_text(replace(ANSWER, configurations=(ranked,), reason=f"by{acting}"))
    assert not any(sign in text for sign in acting if sign not in "\n[31m2J")
    assert r"by\x1b[31m\x9b2J\u202e\u200b" in text


def test_what_nobody_knows_has_no_column() -> None:
    bare = RankedConfiguration(1, {"x": 1})
    text = recommendation_text(Recommendation((bare,), Strategy.SPACE_FILLING, 0.0, "m1"))
    assert "regret" not in text
    assert "learned from" not in text
    assert "seconds" not in text
    assert "space_filling (confidence 0.00), model m1" in text


NAMES = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


@settings(max_examples=40)
@given(st.dictionaries(NAMES, st.floats(), min_size=1), NAMES, st.booleans())
def test_nothing_is_wider_than_80_columns_cut_off_or_read_as_markup(
    values: dict[str, float], name: str, with_sources: bool
) -> None:
    sources = (Source("t", name, 0.5), Source("t", f"other {name}", 0.25)) if with_sources else ()
    ranked = replace(RANKED, configuration=values, sources=sources, adjustments=())
    text = render(recommendation_table(replace(ANSWER, configurations=(ranked,))))
    assert max(map(len, text.splitlines())) <= 80
    cells = ["#configuration", "regret", "seconds", "1", "0.05±0.03", "0.42", "learnedfrom" if sources else ""]
    cells += [", ".join(f"{key}={value_text(value)}" for key, value in values.items())]
    cells += [", ".join(f"{source.task_name}({source.similarity:.2f})" for source in sources)]
    assert Counter("".join(text.split()).replace("─", "")) == Counter("".join(cells).replace(" ", ""))


def test_names_are_shown_as_they_are() -> None:
    table = plain_table("name")
    table.add_row("[red]x[/red] :smile:")
    assert "[red]x[/red] :smile:" in render(table)
