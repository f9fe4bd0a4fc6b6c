"""One function per command: each takes the message and the unit of work, and tells the events that
follow.
"""
