"""How the shipped weights were made: renderer, composer, recipes, export, evaluation."""
