"""`protocol_docs FOLDER` writes all files."""

import sys

from .files import write

print(f"{write(sys.argv[1])} files in {sys.argv[1]}")
