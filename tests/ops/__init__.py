"""How the product is set up, run, watched and deployed."""
