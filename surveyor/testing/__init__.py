"""What our tests, the demo and a user's own tests need: sample networks and provider-compatible servers."""
