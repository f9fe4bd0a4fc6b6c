"""One function per event or command: takes the message and the unit of work, and leaves the rules
to the domain.
"""
