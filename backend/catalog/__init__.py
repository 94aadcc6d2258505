"""What can be asked for: regions, items, materials, texts."""
