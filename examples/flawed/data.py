import numpy as np
import torch
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, Dataset


def read_table(path):
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1].astype(int)


def read_genes(path, k):
    """The k genes that differ most between the groups, standardised."""
    x, y = read_table(path)
    x = StandardScaler().fit_transform(x)
    x = SelectKBest(f_classif, k=k).fit_transform(x, y)
    return x, y


class Cohort(Dataset):
    def __init__(self, x, y, noise=0.0):
        self.x = x
        self.y = y
        self.noise = noise
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        x = self.x[i]
        if self.noise:
            x = x + self.noise * self.rng.standard_normal(x.shape)
        return torch.tensor(x, dtype=torch.float32), self.y[i]


def make_loaders(cfg):
    x, y = read_genes(cfg.data, cfg.genes)
    x_train, x_test, y_train, y_test = train_test_split(
        x, y, test_size=0.25, stratify=y, random_state=cfg.seed
    )
    train = DataLoader(
        Cohort(x_train, y_train, cfg.noise),
        batch_size=cfg.batch_size,
        shuffle=True,
        num_workers=cfg.num_workers,
    )
    test = DataLoader(Cohort(x_test, y_test), batch_size=cfg.batch_size)
    return train, test
