"""What several services know of the field; pure: the standard library and chinesecalendar, no I/O."""
