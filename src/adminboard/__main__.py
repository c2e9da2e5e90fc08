"""`python -m adminboard` is the same as the command `adminboard`."""

from adminboard.cli import main

main()
