"""The tally service: registered requests per grid and day."""
