"""What a user passes as data: checked, and made into what a program reads."""
