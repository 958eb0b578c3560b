"""mail reaches out: builds survey emails and hands them to a provider."""
