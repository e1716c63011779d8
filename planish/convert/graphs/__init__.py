"""A network of another library, before it is planish's: its operators, its batch, and what its layers are called."""
