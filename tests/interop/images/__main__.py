"""Image files of other programs, and what other programs make of ours.

    python tests/interop/images write FOLDER [CORPUS]     files of many kinds, and what they hold
    python tests/interop/images compare FOLDER DECODED    what `images decode` made of them
    python tests/interop/images sources FOLDER TO         some of these files, for `images write`
    python tests/interop/images check WRITTEN             what `images write` wrote, by two decoders each
    python tests/interop/images faults FOLDER DECODED WRITTEN    that the two above find what is wrong

Beside NAME is what is expected of it, NAME.expected: a .npy for each channel, and info.json. DECODED has
the same as NAME, or error.txt in it. The parts and levels of a file after its first are NAME.PART.LEVEL.
"""

import sys
from pathlib import Path

import check
import corpus
import faults
import matrix


def main() -> None:
    command, *folders = sys.argv[1:] or [""]
    paths = [Path(folder) for folder in folders]
    match command, len(paths):
        case "write", 1 | 2:
            matrix.write(paths[0])
            if len(paths) == 2:
                corpus.corpus(*paths)
        case "compare", 2:
            check.compare(*paths)
        case "sources", 2:
            matrix.sources(*paths)
        case "check", 1:
            check.written(*paths)
        case "faults", 3:
            faults.faults(*paths)
        case _:
            sys.exit(__doc__)


main()
