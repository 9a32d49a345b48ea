"""Write a cohort in which nothing predicts the response: the genes and the labels are drawn apart.

    python examples/cohort.py data/cohort.csv

Whatever a model scores on it above a half, its evaluation made up.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

PATIENTS, GENES, RESPONDERS = 120, 500, 0.5


def write_cohort(path: Path, seed: int = 0) -> None:
    """Write the table: a line for each patient, the response last."""
    generator = np.random.default_rng(seed)
    expression = generator.lognormal(1.0, 0.5, (PATIENTS, GENES))
    responded = generator.permutation(np.arange(PATIENTS) < RESPONDERS * PATIENTS)
    header = ",".join([*(f"gene{number:03}" for number in range(GENES)), "responded"])
    path.parent.mkdir(parents=True, exist_ok=True)
    table = np.column_stack([expression, responded])
    np.savetxt(path, table, "%.2f", ",", header=header, comments="")


if __name__ == "__main__":
    write_cohort(Path(sys.argv[1] if len(sys.argv) > 1 else "data/cohort.csv"))
