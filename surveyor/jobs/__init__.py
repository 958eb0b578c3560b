"""jobs receive: the clock that rings, the workers that send, the stream consumer."""
