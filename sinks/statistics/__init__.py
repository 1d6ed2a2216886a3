"""Statistics: what stored rows tell together, without plates, and what of it may be told."""
