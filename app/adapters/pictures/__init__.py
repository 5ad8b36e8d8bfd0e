"""Pictures: decoded, read and looked at, each in a worker slot."""
