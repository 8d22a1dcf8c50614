"""Models and what they are made of: layers, activations, initialisers, losses, metrics."""
