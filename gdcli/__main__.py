"""`python -m gdcli`, and the console script."""

from gdcli.cli import main

if __name__ == "__main__":
    main()
