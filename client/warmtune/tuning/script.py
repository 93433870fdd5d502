"""A script that trains a tuned model again, without Warmtune."""

from typing import Final

from sklearn.pipeline import Pipeline

from warmtune.tuning.model_folder import ModelFacts
from warmtune.tuning.source_code import SourceCode

TABLE_FILE: Final = "table.parquet"

_TEMPLATE: Final = '''"""Trains the model that `warmtune tune` has found, without Warmtune.

    python {name}             trains it, and prints its score on the rows that it was trained on
    python {name} model.pkl   also writes it as a pickle: load that only where you trust its source

It needs {needs} and pyarrow.
`{table}` beside it is the table as it was read: numbers, dates and labels, without rows that lack a target.
"""

import pickle
import sys
import warnings
from pathlib import Path

{definitions}


TARGET = {target!r}
FEATURES = {features!r}


def make_model():
    """The pipeline, not fitted."""
    return {expression}


def read_table():
    """Features and target."""
    table = pd.read_parquet(Path(__file__).with_name({table!r}))
    return table[FEATURES], table[TARGET]


def main():
    X, y = read_table()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # solvers stop where Warmtune has them stop
        model = make_model().fit(X, y)
    print(f"trained on {{len(X)}} rows; score on them: {{model.score(X, y):.4f}}")
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_bytes(pickle.dumps(model))


if __name__ == "__main__":
    main()
'''


def training_script(pipeline: Pipeline, facts: ModelFacts, *, name: str) -> str:
    """The script's text.

    Args:
        pipeline: Of the chosen configuration; whether it is fitted doesn't matter.
        facts: Of the model.
        name: What the script is called.
    """
    code = SourceCode()
    expression = code.expression(pipeline)
    definitions = code.text()
    if "import pandas as pd" not in definitions:
        definitions = f"import pandas as pd\n{definitions}"
    needs = ", ".join(f"{library} {version}" for library, version in facts.versions.items() if library != "warmtune")
    return _TEMPLATE.format(
        name=name,
        needs=needs,
        table=TABLE_FILE,
        definitions=definitions,
        target=facts.target,
        features=list(facts.columns),
        expression=expression,
    )
