"""The client of other systems: events over AMQP, and the HTTP API."""
