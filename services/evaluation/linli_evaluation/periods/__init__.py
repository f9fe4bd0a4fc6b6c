"""Periods: an evaluator closes one that is over, and revises a closed one with a reason.

Codes of periods are read by `linli_evaluation.calendar`; what a closing scores and stores is done
by `scorecards`.
"""
