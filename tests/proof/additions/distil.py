"""Train a small network by hand, without the project's loop."""

import json
from pathlib import Path

import torch
from lab.data.breast_cancer import load
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

LAST = Path("outputs/distil/last.pt")


def save(state):
    aside = LAST.with_suffix(".tmp")
    torch.save(state, aside)
    aside.replace(LAST)


def main(epochs=20, seed=0):
    torch.manual_seed(seed)
    source = load()
    inputs = torch.tensor(source.inputs, dtype=torch.float32)
    rows = TensorDataset(inputs, torch.tensor(source.targets))
    model = nn.Sequential(nn.Linear(inputs.shape[1], 32), nn.ReLU(), nn.Linear(32, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    start = 0
    LAST.parent.mkdir(parents=True, exist_ok=True)
    if LAST.exists():
        saved = torch.load(LAST, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["epoch"] + 1
    for epoch in range(start, epochs):
        for batch, targets in DataLoader(rows, batch_size=32, shuffle=True):
            loss = nn.functional.cross_entropy(model(batch), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with LAST.with_name("metrics.jsonl").open("a") as record:
            record.write(json.dumps({"epoch": epoch, "loss": loss.item()}) + "\n")
        save(
            {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "epoch": epoch,
            }
        )


if __name__ == "__main__":
    main()
