"""What the passages mean: one pure module a rule, and the keyed fold that drives them."""
