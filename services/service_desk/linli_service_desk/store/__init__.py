"""The tables of the service desk and all that is asked of them."""
