"""The command line: `planish`, or `python -m planish`.

A command is one file, with `add(commands)`, which declares its arguments, and `run(arguments)`.
"""
