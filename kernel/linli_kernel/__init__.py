"""What several services know of the field. Standard library and chinesecalendar only; no I/O."""
