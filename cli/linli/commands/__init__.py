"""The commands, one module for each group; they import what they need when they run."""
