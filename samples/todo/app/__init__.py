"""A todo list over PostgreSQL, small enough to be read in a sitting."""
