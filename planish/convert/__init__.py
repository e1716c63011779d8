"""Networks of other libraries as models of planish, and back."""
