"""Values → text.  The only package that imports rich."""
