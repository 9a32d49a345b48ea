"""Training: the loop, and each thing that it owes its user in a file of its own."""
