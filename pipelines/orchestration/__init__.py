"""What Dagster is given: job, schedules, sensor, resource, names, and its storage in a home.

Assets are in ``assets``; ``definitions`` puts both together. What a run is, whoever launches it, is
in ``runs``."""
