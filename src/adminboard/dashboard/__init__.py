"""The first page: how many, how much, who is new, and what needs somebody now."""
