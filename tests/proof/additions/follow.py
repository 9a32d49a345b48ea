"""Train a small network by hand, followed with Weights & Biases."""

from pathlib import Path

import torch
import wandb
from lab.data.breast_cancer import load
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

LAST = Path("outputs/follow/last.pt")
SETTINGS = {"epochs": 20, "lr": 1e-3, "seed": 0}


def save(state):
    aside = LAST.with_suffix(".tmp")
    torch.save(state, aside)
    aside.replace(LAST)


def main():
    torch.manual_seed(SETTINGS["seed"])
    source = load()
    inputs = torch.tensor(source.inputs, dtype=torch.float32)
    rows = TensorDataset(inputs, torch.tensor(source.targets))
    model = nn.Sequential(nn.Linear(inputs.shape[1], 32), nn.ReLU(), nn.Linear(32, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=SETTINGS["lr"])
    run = wandb.init(project="lab", config=SETTINGS)
    start = 0
    if LAST.exists():
        saved = torch.load(LAST, map_location="cpu", weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["epoch"] + 1
    for epoch in range(start, SETTINGS["epochs"]):
        total = 0.0
        for batch, targets in DataLoader(rows, batch_size=32, shuffle=True):
            loss = nn.functional.cross_entropy(model(batch), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
            run.log({"loss": loss.item()})
        run.log({"epoch": epoch, "epoch_loss": total})
        save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch})
    run.finish()


if __name__ == "__main__":
    main()
