"""The obvious way to screen a file: a pandas merge on the number, written as a workbook."""

from __future__ import annotations

import sys

import pandas as pd

if __name__ == "__main__":
    register, candidates, target = sys.argv[1:]
    known = pd.read_csv(register, sep=";", dtype=str)
    asked = pd.read_csv(candidates, dtype=str)
    key = "numeroDeclarationActivite"
    asked.merge(known, how="left", left_on="nda", right_on=key).to_excel(
        target, index=False, engine="xlsxwriter"
    )
