import numpy as np
import torch
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, Dataset


def read_table(path):
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1].astype(int)


def gene_chooser(k):
    """Standardises, and keeps the k genes that differ most between the groups."""
    return make_pipeline(StandardScaler(), SelectKBest(f_classif, k=k))


class Cohort(Dataset):
    def __init__(self, x, y, noise=0.0):
        self.x = torch.tensor(x, dtype=torch.float32)
        self.y = torch.tensor(y)
        self.noise = noise

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        x = self.x[i]
        if self.noise:
            x = x + self.noise * torch.randn(x.shape)
        return x, self.y[i]


def make_loaders(cfg):
    x, y = read_table(cfg.data)
    x_rest, x_test, y_rest, y_test = train_test_split(
        x, y, test_size=0.25, stratify=y, random_state=cfg.seed
    )
    x_train, x_val, y_train, y_val = train_test_split(
        x_rest, y_rest, test_size=0.25, stratify=y_rest, random_state=cfg.seed
    )
    genes = gene_chooser(cfg.genes).fit(x_train, y_train)
    train = DataLoader(
        Cohort(genes.transform(x_train), y_train, cfg.noise),
        batch_size=cfg.batch_size,
        shuffle=True,
        num_workers=cfg.num_workers,
    )
    val = DataLoader(Cohort(genes.transform(x_val), y_val), batch_size=cfg.batch_size)
    test = DataLoader(Cohort(genes.transform(x_test), y_test), batch_size=cfg.batch_size)
    return train, val, test
