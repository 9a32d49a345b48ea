"""MLX: the check itself."""
