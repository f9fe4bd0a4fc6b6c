"""Matching (step 3, 任务派遣): which resource takes which waiting case, by the timer or by hand.

Capacity is counted from all that was given out; whoever gives out or changes the supply holds one
lock. Nothing here is called by other features, and this file imports nothing, because the process
that runs the solver loads it.
"""

__all__: list[str] = []
