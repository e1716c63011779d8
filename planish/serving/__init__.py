"""Models of a folder, answered for over HTTP: `planish serve FOLDER`.

What answers HTTP is in `http/`, which imports the web's libraries (`planish[serve]`); the files here do without them.
"""
