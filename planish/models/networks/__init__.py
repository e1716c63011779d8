"""What a model consists of: the calls of its layers, and how they are found."""
