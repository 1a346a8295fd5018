"""What a run is: its entry in the journal, from its start to its end, and its sentence.

Who launches it, a command or Dagster, is above."""
