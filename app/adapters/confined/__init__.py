"""Processes between walls: `cage` starts them; all else runs inside of them."""
