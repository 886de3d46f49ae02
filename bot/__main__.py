"""The program's entry: everything else is imported once nobody looks for what can be thrown away meanwhile."""

from __future__ import annotations

import gc
import sys

_INTERRUPTED = 130  # as every command ends that Ctrl-C has stopped


def main() -> None:
    """Run the command line. What is imported stays: to look through it again and again took a sixth of the start."""
    gc.disable()
    try:
        from bot import commandline

        commandline.main()
    except KeyboardInterrupt:  # while all that is being imported: it takes a second or more
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
