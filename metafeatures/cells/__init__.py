"""From columns of any Arrow type, and cells of any spelling, to the few plain types that are described."""
