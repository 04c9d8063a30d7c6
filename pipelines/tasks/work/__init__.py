"""What the tasks do: heavy modules, imported when a task runs and never before."""
