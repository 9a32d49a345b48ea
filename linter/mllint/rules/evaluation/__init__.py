"""Rules about evaluation: scores that say what they seem to."""
