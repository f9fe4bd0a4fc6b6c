"""The resources that units offer: what each can do, how much a day, for which divisions and when.

A resource stays with its unit, which may change it, withdraw it, and offer it again. Others learn
of it from events, each of which carries its whole state. No other feature asks here yet.
"""

__all__: list[str] = []
