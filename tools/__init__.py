"""What the Makefile runs: setting up, building the front end, and the checks no other tool makes."""
