"""The audit log: who changed what, and the proof that nobody changed that."""
