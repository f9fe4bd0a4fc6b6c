"""How any service of Linli runs: units of work, outbox and relay, inbox, HTTP, timers,
configuration.

Knows no noun of the domain. Imports the contracts and no service.
"""
