"""The report of a case as PDF, and batches of cases as PDF, CSV and JSON."""
