"""Say what makes machine-learning code's results wrong or unrepeatable."""

__version__ = "0.1.0"
