"""What each operator of a foreign network becomes: layers, and operations where no layer does it."""
