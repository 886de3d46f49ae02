"""The program's entry: everything else is imported once nobody looks for what can be thrown away meanwhile."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command line. What is imported stays: to look through it again and again took a sixth of the start."""
    gc.disable()
    from bot import commandline

    commandline.main()


if __name__ == "__main__":
    main()
