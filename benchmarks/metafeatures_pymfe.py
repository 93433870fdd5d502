"""Does the information group agree with pymfe's, on tables of nominal columns without missing values?

    python -m benchmarks.metafeatures_pymfe FOLDER

FOLDER holds Parquet tables with a `manifest.json`. pymfe is installed into a throw-away environment. It adds a small
constant to shares before it takes logarithms, so that its mutual information is off by about 1e-5 of itself. Constant
columns, which ours leaves out of every mean, are left out for pymfe too: a column that says nothing would lower the
mean entropy in proportion (by an eighth of ours on `solar_flare`, where one of nine columns is constant).
"""

import argparse
import json
import math
import subprocess
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.metafeatures_speed import pymfe_python
from metafeatures.describe import describe

PYMFE = """
import sys, json, warnings
warnings.simplefilter("ignore")
import pandas as pd
from pymfe.mfe import MFE
frame = pd.read_parquet(sys.argv[1])
y = frame.pop(sys.argv[2]).astype(str).to_numpy()
frame = frame.loc[:, frame.astype(str).nunique() > 1]
mfe = MFE(features=["class_ent", "attr_ent", "mut_inf", "eq_num_attr", "ns_ratio"], summary=["mean"])
mfe.fit(frame.astype(str).to_numpy(), y, cat_cols=list(range(frame.shape[1])))
names, values = mfe.extract()
print(json.dumps({name: float(value) for name, value in zip(names, values)}))
"""


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as name:
        python = pymfe_python(Path(name))
        if python is None:
            return
        subprocess.run([str(python), "-m", "pip", "install", "-q", "pyarrow"], check=True)
        worst = 0.0
        for entry in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
            nominal_only = entry["n_categorical"] == entry["n_features"] and entry["task"] != "regression"
            if nominal_only and not entry["missing_fraction"]:
                worst = max(worst, _compare(python, folder / entry["file"], entry["target"]))
    print(f"largest relative difference: {worst:.1e}")


def _compare(python: Path, path: Path, target: str) -> float:
    command = [str(python), "-c", PYMFE, str(path), target]
    theirs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    values = describe(pq.read_table(path), target).meta_features.values
    ours = {
        "class_ent": values["class_entropy"],
        "attr_ent.mean": values["entropy.mean"],
        "mut_inf.mean": values["mutual_information.mean"] * values["class_entropy"],
        "eq_num_attr": math.exp(values["log_equivalent_columns"]),
        "ns_ratio": math.exp(values["log_noise_ratio"]),
    }
    differences: dict[str, float] = {name: abs(ours[name] / theirs[name] - 1.0) for name in ours}
    print(f"{path.stem:26s} " + "  ".join(f"{n} {ours[n]:.6f} ({d:.0e})" for n, d in differences.items()), flush=True)
    return max(differences.values())


if __name__ == "__main__":
    main()
