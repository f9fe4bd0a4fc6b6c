"""Events: from a commit to the handlers of other services."""
