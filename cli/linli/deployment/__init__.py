"""One district described in a file, and what containers are started from written out of it."""
