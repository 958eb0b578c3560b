"""core decides: pure functions from orders to decisions and from counts to indicators; standard library only."""
