"""From a configuration of a shipped search space to a scikit-learn pipeline that is ready to be fitted.

One module an algorithm, imported when first asked for: only there is its library needed.
"""

from warmtune.pipelines.build import build_pipeline
from warmtune.pipelines.columns import nominal_columns

__all__ = ["build_pipeline", "nominal_columns"]
