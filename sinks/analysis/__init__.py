"""What only many plates together tell: clocks that drift, vehicles that are missed, overtaking."""
