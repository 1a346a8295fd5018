"""Dagster's assets and checks, one module a layer, thin: what is done is in ``pipelines``.

A module bears the name of the group of its assets on Dagster's page; ``modeles`` has those of all
SQL models, whose groups are their schemas."""
