"""Made-up data for every table: plausible, consistent in itself, and the same for the same seed and moment.

`plan` says how much of everything there is; `chunk` makes the rows of a few thousand users at a time;
`load` writes them by COPY, in one transaction.
"""
