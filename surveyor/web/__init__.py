"""web receives: pages and HTTP routes, one folder per area."""
