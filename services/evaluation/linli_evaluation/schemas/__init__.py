"""What the HTTP edge of evaluation takes and gives."""
