"""Tables and queries of the grid service, set-based. No rules: those are in the domain."""
