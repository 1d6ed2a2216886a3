"""How well plates are read: labelled photographs, what systems say of them, and the scores."""
