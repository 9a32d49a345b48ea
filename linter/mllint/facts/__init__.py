"""What a module does, in a small form that rules reason over without the tree."""
