"""The share of its turnover that a porteur subcontracts, worked out from its invoices.

Its ceiling is a dated row of ``portage_parametre.csv``."""
