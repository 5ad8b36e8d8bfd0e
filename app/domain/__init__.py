"""The cellar: what the service talks about. Standard library only."""
