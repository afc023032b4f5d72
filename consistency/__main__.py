"""python -m consistency."""

from consistency.cli.entry import main

if __name__ == "__main__":
    main()
