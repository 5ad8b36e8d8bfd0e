"""`python -m app` is `spool`."""

from app.cli.main import main

if __name__ == "__main__":
    main()
