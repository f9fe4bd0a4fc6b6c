"""`python -m linli` is the same as `linli`."""

from linli.main import main

if __name__ == "__main__":
    main()
