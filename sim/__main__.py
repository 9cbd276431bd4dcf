"""`python -m sim` is the command `rally`."""

from sim.cli import main

if __name__ == "__main__":
    main()
