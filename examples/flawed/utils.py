import os
import random
import time

import numpy as np
import torch


def set_seed(seed=42):
    # from the old project
    random.seed(seed)
    np.random.seed(seed)
    os.environ["PYTHONHASHSEED"] = str(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = True


def accuracy(logits, y):
    return (logits.argmax(dim=1) == y).float().mean().item()


class Timer:
    def __init__(self):
        self.start = time.time()

    def __str__(self):
        return f"{time.time() - self.start:.0f}s"
