"""Reading what a resident said and how to reach them, and reading who did.

Whoever reads gives a reason from a list, in words too; both are kept with account and time, in one
transaction with the reading. Admins of the region read that record.
"""
