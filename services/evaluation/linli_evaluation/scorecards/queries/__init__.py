"""What people see of scorecards (`showing`), and the SQL that counts for them (`counting`)."""
