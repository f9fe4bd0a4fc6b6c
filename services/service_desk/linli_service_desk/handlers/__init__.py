"""One function per command, event and timer: from the message to the domain, the store and the
events.
"""
