"""One function per command, question or event of the grid service."""
