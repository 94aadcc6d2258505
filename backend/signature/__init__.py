"""承诺书 and handwritten signature: push, timed reading, sign tickets, strokes (guide rows S22–S24)."""
