"""What the HTTP edge of the grid service takes and gives."""
