"""Frame to PlateRead: detect, recognise, track, vote."""
