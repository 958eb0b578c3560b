"""db remembers: the only package that knows SQL; queries take a Session and never commit."""
