"""How frames and reads come in: HTTP push, health of the cameras."""
