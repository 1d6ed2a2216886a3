"""Evidence: the facts of a case, the package made of them, its signature, and its report."""
