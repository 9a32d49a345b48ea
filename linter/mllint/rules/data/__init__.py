"""Rules about data: leaks between splits, and splits that hold nothing out."""
