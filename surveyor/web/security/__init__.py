"""What stands between the network and every page: hosts, headers, sizes, sessions, forgery checks, and the one gate."""
