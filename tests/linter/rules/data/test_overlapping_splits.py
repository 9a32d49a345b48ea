"""The ways in which people write parts that share rows, and ways that look like it."""

from __future__ import annotations

import pytest

from mllint.check import check

START = """
import numpy as np
import torch
from torch.utils.data import DataLoader, Subset, SubsetRandomSampler, random_split
from torchvision import datasets, transforms as T

class Rows(torch.utils.data.Dataset):
    def __init__(self, path): self.rows = torch.load(path)
    def __len__(self): return len(self.rows)
    def __getitem__(self, i): return self.rows[i]

model = torch.nn.Linear(2, 2)
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
data = Rows("rows.pt")
"""
LOOPS = """
for epoch in range(3):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        for x, y in val_loader:
            correct = (model(x).argmax(1) == y).sum()
"""
FUNCTIONS = """
def train_epoch(loader):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()

@torch.no_grad()
def evaluate(net, loader):
    net.eval()
    total = 0
    for x, y in loader:
        total += criterion(net(x), y).item()
    return total / len(loader)

def main():
    for epoch in range(3):
        train_epoch(train_loader)
        print(evaluate(model, val_loader))

if __name__ == "__main__":
    main()
"""

BAD = {
    "whole after split": """
train, val = random_split(data, [0.8, 0.2])
train_loader = DataLoader(data, batch_size=8, shuffle=True)
val_loader = DataLoader(val)
""",
    "whole after split of indices": """
order = torch.randperm(len(data)).tolist()
val = Subset(data, order[:100])
train_loader = DataLoader(data, shuffle=True)
val_loader = DataLoader(val)
""",
    "same object": """
train_loader = DataLoader(data, shuffle=True)
val_loader = DataLoader(data)
""",
    "same split of a library": """
train_loader = DataLoader(datasets.MNIST("data", train=True, transform=T.ToTensor()), shuffle=True)
val_loader = DataLoader(datasets.MNIST("data", train=True, transform=T.ToTensor()))
""",
    "split twice": """
train, _ = random_split(data, [0.8, 0.2])
_, val = random_split(data, [0.8, 0.2])
train_loader, val_loader = DataLoader(train, shuffle=True), DataLoader(val)
""",
    "constant ranges": """
train_loader = DataLoader(Subset(data, range(0, 1000)), shuffle=True)
val_loader = DataLoader(Subset(data, range(500, 1000)))
""",
    "list of range": """
train_loader = DataLoader(Subset(data, list(range(1000))), shuffle=True)
val_loader = DataLoader(Subset(data, list(range(200))))
""",
    "drawn twice": """
train_idx = np.random.choice(len(data), 800, replace=False)
val_idx = np.random.choice(len(data), 200, replace=False)
train_loader = DataLoader(data, sampler=SubsetRandomSampler(train_idx))
val_loader = DataLoader(data, sampler=SubsetRandomSampler(val_idx))
""",
    "two permutations": """
train_idx = torch.randperm(len(data))[:800]
val_idx = torch.randperm(len(data))[800:]
train_loader = DataLoader(Subset(data, train_idx))
val_loader = DataLoader(Subset(data, val_idx))
""",
    "slices that begin alike": """
order = np.arange(len(data))
cut = int(0.8 * len(data))
train_loader = DataLoader(Subset(data, order[:cut]), shuffle=True)
val_loader = DataLoader(Subset(data, order[:100]))
""",
    "sampler forgotten": """
order = list(range(len(data)))
train_idx, val_idx = order[200:], order[:200]
train_sampler, val_sampler = SubsetRandomSampler(train_idx), SubsetRandomSampler(val_idx)
train_loader = DataLoader(data, batch_size=8)
val_loader = DataLoader(data, batch_size=8, sampler=val_sampler)
""",
    "in a function": """
def loaders(path):
    rows = Rows(path)
    train, val = random_split(rows, [0.9, 0.1])
    return DataLoader(rows, shuffle=True), DataLoader(val)

train_loader, val_loader = loaders("rows.pt")
""",
    "in an object": """
class Parts:
    def __init__(self, path):
        self.rows = Rows(path)
        self.train, self.val = random_split(self.rows, [0.9, 0.1])

    def loaders(self):
        return DataLoader(self.rows, shuffle=True), DataLoader(self.val)

train_loader, val_loader = Parts("rows.pt").loaders()
""",
}
GOOD = {
    "split": """
train, val = random_split(data, [0.8, 0.2])
train_loader = DataLoader(train, batch_size=8, shuffle=True)
val_loader = DataLoader(val)
""",
    "split of a split": """
rest, test = random_split(data, [0.8, 0.2])
train, val = random_split(rest, [0.8, 0.2])
train_loader, val_loader = DataLoader(train), DataLoader(val)
""",
    "two transforms over one seeded split": """
train, _ = random_split(data, [0.8, 0.2], generator=torch.Generator().manual_seed(0))
_, val = random_split(data, [0.8, 0.2], generator=torch.Generator().manual_seed(0))
train_loader, val_loader = DataLoader(train), DataLoader(val)
""",
    "slices that meet": """
order = torch.randperm(len(data)).tolist()
cut = int(0.8 * len(data))
train_loader = DataLoader(Subset(data, order[:cut]), shuffle=True)
val_loader = DataLoader(Subset(data, order[cut:]))
""",
    "from the end": """
order = list(range(len(data)))
train_loader = DataLoader(Subset(data, order[:-100]), shuffle=True)
val_loader = DataLoader(Subset(data, order[-100:]))
""",
    "samplers": """
order = list(range(len(data)))
train_loader = DataLoader(data, sampler=SubsetRandomSampler(order[100:]))
val_loader = DataLoader(data, sampler=SubsetRandomSampler(order[:100]))
""",
    "the two splits of a library": """
train_loader = DataLoader(datasets.MNIST("data", train=True), shuffle=True)
val_loader = DataLoader(datasets.MNIST("data", train=False))
""",
    "two files": """
train_loader = DataLoader(Rows("train.pt"), shuffle=True)
val_loader = DataLoader(Rows("val.pt"))
""",
    "branches": """
if debug:
    train_loader = DataLoader(data, shuffle=True)
    val_loader = DataLoader(Rows("other.pt"))
else:
    train_loader = DataLoader(Rows("other.pt"))
    val_loader = DataLoader(data)
""",
    "training score beside the held-out one": """
train, test = random_split(data, [0.8, 0.2])
train_loader = DataLoader(train, shuffle=True)
val_loader = DataLoader(train)
test_loader = DataLoader(test)
with torch.no_grad():
    for x, y in test_loader:
        hits = (model(x).argmax(1) == y).sum()
""",
    "overfitting on purpose: one loader": """
train_loader = DataLoader(data, shuffle=True)
val_loader = train_loader
""",
    "final fit on all": """
train, val = random_split(data, [0.8, 0.2])
train_loader, val_loader = DataLoader(train), DataLoader(val)
for x, y in DataLoader(data):
    criterion(model(x), y).backward()
    optimizer.step()
""",
    "a project's own sampler": """
train_loader = DataLoader(data, sampler=FoldSampler(0))
val_loader = DataLoader(data, sampler=FoldSampler(1))
""",
    "folds": """
from sklearn.model_selection import KFold
for train_idx, val_idx in KFold(5).split(data):
    train_loader = DataLoader(Subset(data, train_idx))
    val_loader = DataLoader(Subset(data, val_idx))
""",
}


def findings(text: str, folder) -> list[str]:
    (folder / "train.py").write_text(text)
    found = check([folder], use_cache=False).findings
    return [each.message for each in found if each.code == "MLD010"]


@pytest.mark.parametrize("loops", [LOOPS, FUNCTIONS], ids=["loops", "functions"])
@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_shared_rows_are_found(text: str, loops: str, tmp_path):
    assert len(findings(START + text + loops, tmp_path)) == 1


@pytest.mark.parametrize("loops", [LOOPS, FUNCTIONS], ids=["loops", "functions"])
@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_parts_that_do_not_share_rows_are_not(text: str, loops: str, tmp_path):
    assert findings(START + text + loops, tmp_path) == []
