"""Finds model weights, fetches what is missing, and vouches for what it hands out."""
