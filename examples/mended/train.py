import logging
import sys
from pathlib import Path

import torch
from omegaconf import OmegaConf
from torch import nn

from data import make_loaders
from model import ResponseNet
from utils import MetricsFile, save_atomically, set_seed

log = logging.getLogger("train")


def evaluate(model, loader, device):
    model.eval()
    hits, total = 0, 0
    with torch.no_grad():
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            hits += (model(x).argmax(dim=1) == y).sum().item()
            total += len(y)
    return hits / total


def train_epoch(model, loader, optimizer, criterion, device):
    model.train()
    running = 0.0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
    return running / len(loader)


def main():
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    cfg = OmegaConf.merge(OmegaConf.load("config.yaml"), OmegaConf.from_cli(sys.argv[1:]))
    set_seed(cfg.seed)
    runs = Path(cfg.runs)
    runs.mkdir(exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    train_loader, val_loader, test_loader = make_loaders(cfg)

    model = ResponseNet(cfg.genes, cfg.hidden, cfg.dropout).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    criterion = nn.CrossEntropyLoss()
    metrics = MetricsFile(runs / "metrics.jsonl")

    start, best = 0, 0.0
    if (runs / "last.pt").exists():
        state = torch.load(runs / "last.pt", map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"].cpu())
        start, best = state["epoch"] + 1, state["best"]
    for epoch in range(start, cfg.epochs):
        loss = train_epoch(model, train_loader, optimizer, criterion, device)
        acc = evaluate(model, val_loader, device)
        metrics.log(epoch=epoch, loss=loss, val_acc=acc)
        if acc > best:
            best = acc
            save_atomically(model.state_dict(), runs / "best.pt")
        state = {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "rng": torch.get_rng_state(),
            "epoch": epoch,
            "best": best,
        }
        save_atomically(state, runs / "last.pt")

    model.load_state_dict(torch.load(runs / "best.pt", map_location=device, weights_only=True))
    acc = evaluate(model, test_loader, device)
    metrics.log(test_acc=acc)
    log.info("final accuracy: %.4f", acc)


if __name__ == "__main__":
    main()
