"""The page kit: how lists, forms and changes are drawn, knowing nothing of any area."""
