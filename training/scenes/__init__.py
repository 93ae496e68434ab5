"""Picture-book scenes with exact captions, composed from drawings over painted backgrounds. See `compose`."""
