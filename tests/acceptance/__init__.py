"""What people do with the command line, as they do it."""
