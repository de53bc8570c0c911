"""INGECON SUN's own widgets: the picture of where the power of a plant goes."""
