"""Test support for any service: a real PostgreSQL and RabbitMQ, and a client without sockets."""
