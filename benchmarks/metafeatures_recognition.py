"""Does a task recognise itself? Describes every table of a folder, whole and in random row subsamples.

    python -m benchmarks.metafeatures_recognition FOLDER [--subsamples 20]

FOLDER holds Parquet tables and a `manifest.json` that names each one's file, target and task. Printed: gaps without
a reason (none allowed), values outside their catalogue range, and the share of 50 % subsamples whose nearest
neighbour among the whole tables of their kind is their own table.
"""

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from metafeatures.catalogue import CATALOGUE
from metafeatures.describe import describe
from metamodel.embedding.neighbours import MetaFeatureScaler, distances
from warmtune.vocabulary.task import MetaFeatures, TaskKind


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--subsamples", type=int, default=20)
    arguments = parser.parse_args()
    entries = json.loads((arguments.folder / "manifest.json").read_text(encoding="utf-8"))
    began = time.perf_counter()
    whole = [_describe(arguments.folder, entry, None) for entry in entries]
    print(f"{len(whole)} tables described in {time.perf_counter() - began:.1f} s")
    kinds = [TaskKind(entry["task"]) for entry in entries]
    _check(whole)
    rows = np.random.default_rng(0)
    parts: list[tuple[int, float, MetaFeatures]] = []
    for number, entry in enumerate(entries):
        for draw in range(arguments.subsamples):
            share = 0.5 if draw % 2 == 0 else float(rows.uniform(0.2, 0.9))
            part = _describe(arguments.folder, entry, (share, rows))
            if part is not None:
                parts.append((number, share, part))
    print(f"{len(parts)} subsamples described, {time.perf_counter() - began:.1f} s in all")
    _check([part for _, _, part in parts])
    _recognise(whole, kinds, parts, [entry["name"] for entry in entries])


def _describe(folder: Path, entry: dict[str, str], part: tuple[float, np.random.Generator] | None) -> MetaFeatures:
    table = pq.read_table(folder / entry["file"])
    if part is not None:
        share, rows = part
        table = table.take(pa.array(rows.permutation(len(table))[: max(int(share * len(table)), 2)]))
    return describe(table, entry["target"], kind=TaskKind(entry["task"])).meta_features


def _check(described: list[MetaFeatures]) -> None:
    unexplained, outside, reasons = 0, Counter[str](), Counter[str]()
    for meta in described:
        for entry in CATALOGUE:
            value = meta.values.get(entry.name)
            if value is None:
                unexplained += not meta.gaps.get(entry.name)
                reasons[meta.gaps.get(entry.name, "?")] += 1
            elif not entry.low - 1e-9 <= value <= entry.high + 1e-9:
                outside[entry.name] += 1
    print(f"  gaps without a reason: {unexplained}; outside the catalogue's range: {dict(outside) or 0}")
    for reason, count in reasons.most_common():
        print(f"  {count:8d} gaps: {reason}")


def _recognise(
    whole: list[MetaFeatures], kinds: list[TaskKind], parts: list[tuple[int, float, MetaFeatures]], names: list[str]
) -> None:
    scaler = MetaFeatureScaler.fit(whole)
    known = scaler.transform(whole)
    hits: dict[bool, list[bool]] = {True: [], False: []}
    missed = Counter[str]()
    for number, share, part in parts:
        same_kind = np.array([kind is kinds[number] for kind in kinds])
        distance = distances(scaler.transform([part])[0], known)
        found = int(np.argmin(np.where(same_kind, distance, np.inf)))
        hits[share == 0.5].append(found == number)
        if found != number:
            missed[f"{names[number]} -> {names[found]}"] += 1
    for half, label in ((True, "50 % subsamples"), (False, "20 to 90 % subsamples")):
        print(f"{label}: nearest neighbour is its own table in {np.mean(hits[half]):.1%} of {len(hits[half])}")
    for pair, count in missed.most_common(12):
        print(f"  missed {count:3d}: {pair}")


if __name__ == "__main__":
    main()
