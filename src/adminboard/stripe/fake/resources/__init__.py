"""The calls the stand-in answers, a module for each family."""
