"""The rules of evaluation, pure: facts from events, periods, indicators, scores. No I/O, standard
library only.
"""
