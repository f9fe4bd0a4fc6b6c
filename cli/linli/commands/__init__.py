"""The commands, one module for each group. What they need beyond typer they import when they run."""
