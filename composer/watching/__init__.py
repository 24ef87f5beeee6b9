"""What happens to files on this machine: noticed, looked at, packed for containers."""
