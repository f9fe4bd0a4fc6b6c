"""What the HTTP edge of the service desk takes and gives."""
