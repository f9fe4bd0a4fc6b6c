"""Events by HTTP POST, signed by Standard Webhooks, for systems that cannot speak AMQP: one process
and one schema.
"""
