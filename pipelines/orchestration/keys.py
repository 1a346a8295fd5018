"""What Dagster's objects are called, said once: assets, owners, the step of reception, the job."""

from __future__ import annotations

import dagster as dg

# The job, from the list to the release, and its step that is told what to read.
JOB = "refresh"
RECEPTION = "reception"

SEEN = dg.AssetKey(["archive", "registre_vu"])
LIST = dg.AssetKey(["archive", "liste_publique_of"])
STAGED = dg.AssetKey(["preparation", "organisme"])
FOLLOWED = dg.AssetKey(["suivi", "historique"])
REPORT = dg.AssetKey(["controle", "rapport"])
RELEASE = dg.AssetKey(["publication", "opac"])

OWNERS = ["team:donnees"]
