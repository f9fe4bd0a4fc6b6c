"""The evaluation service of Linli: facts folded from events, indicators, scorecards."""
