"""Events by HTTP POST, signed by Standard Webhooks, for systems that cannot speak AMQP.

One process subscribes every event of the district, stores what an endpoint wants, and delivers it.
It has no HTTP of its own: operators register endpoints with `linli webhooks`.
"""
