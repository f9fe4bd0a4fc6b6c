"""The two ways an event gets from an outbox to the inboxes: RabbitMQ, or PostgreSQL alone on one machine."""
