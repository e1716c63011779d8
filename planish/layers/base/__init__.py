"""What layers are made of: how they are called, built, named and saved, and what several kinds of layers share."""
