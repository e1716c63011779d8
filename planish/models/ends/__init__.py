"""What a model takes and what it gives: names, structures, and what `compile` said of each output."""
