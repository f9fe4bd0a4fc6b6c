"""The rules of cases in plain Python: the case, the actions, what each decides, and the table."""
