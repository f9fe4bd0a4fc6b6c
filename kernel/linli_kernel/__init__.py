"""What several services know of the field: the standard library and chinesecalendar, no I/O."""
