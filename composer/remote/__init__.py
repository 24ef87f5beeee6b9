"""References → directories on this machine: git repositories and artifacts of registries."""
