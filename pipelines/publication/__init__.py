"""From a build to a release: the models run beside their checks, then the switch.

The one place that knows history, portage and the gate together; ``warehouse`` knows none of them.
"""
