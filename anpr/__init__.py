"""The language of the product: reads, passages, events, plates, sites, lists. No I/O, no clock."""
