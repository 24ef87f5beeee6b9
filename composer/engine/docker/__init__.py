"""The Docker Engine behind the port.  The only package that imports docker."""
