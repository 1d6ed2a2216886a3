"""What an intervention patrol takes along: the lists, for a day at most, sealed for its unit."""
