"""The dossier: what was checked, on which list, by which rules, numbered, as PDF and JSON.

It sets out an answer and judges nothing."""
