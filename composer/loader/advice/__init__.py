"""What loads but will hurt: the warnings that only `composer check` gives."""
