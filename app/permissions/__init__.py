"""Who may do what: one table, read by services inside the transaction and by the tests that try every cell."""
