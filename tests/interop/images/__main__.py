"""Image files of other programs, and what other programs make of ours.

    python tests/interop/images write FOLDER        files of many kinds, and what they hold
    python tests/interop/images compare FOLDER OURS  what `images decode` made of them
    python tests/interop/images sources FOLDER TO    some of these files, for `images write`
    python tests/interop/images check FOLDER         what `images write` wrote, by two decoders each

Beside NAME is what is expected of it, NAME.expected: a .npy for each channel, and info.json.
"""

import sys
from pathlib import Path

import check
import matrix


def main() -> None:
    match sys.argv[1:]:
        case ["write", folder]:
            matrix.write(Path(folder))
        case ["compare", folder, ours]:
            check.compare(Path(folder), Path(ours))
        case ["sources", folder, to]:
            matrix.sources(Path(folder), Path(to))
        case ["check", folder]:
            check.written(Path(folder))
        case _:
            sys.exit(__doc__)


main()
