"""`python -m linli` is the same as `linli`."""

from linli.cli import main

if __name__ == "__main__":
    main()
