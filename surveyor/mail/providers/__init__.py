"""The providers an email can be handed to, by name."""
