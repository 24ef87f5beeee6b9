"""What the command line calls: typed options in, values out."""
