"""Who speaks: voices become vectors, and vectors that lie near one another become a speaker."""
