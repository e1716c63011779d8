"""The programs of a model: the graphs that they are made of, what runs them, and what is made of their results."""
