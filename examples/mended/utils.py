import json
import random
from pathlib import Path

import numpy as np
import torch


def set_seed(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def save_atomically(state, path):
    """A run killed while it saves keeps the checkpoint before."""
    aside = Path(path).with_suffix(".tmp")
    torch.save(state, aside)
    aside.replace(path)


class MetricsFile:
    """A line of JSON for each epoch."""

    def __init__(self, path):
        self.path = path

    def log(self, **values):
        with self.path.open("a") as file:
            file.write(json.dumps(values) + "\n")
