"""What a trained model is worth: metrics, baselines, figures, predictions."""
