"""The tables of cases (`declarations`), and the SQL that locks (`locking`) and writes them."""
