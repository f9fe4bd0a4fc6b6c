"""What tests of any service need: a real PostgreSQL, a real RabbitMQ, and a client of a service
without a socket.
"""
