"""Cases: the life of what may be prosecuted, from a candidate to what its receiver says."""
