import sys

import torch
from omegaconf import OmegaConf
from torch import nn

from data import make_loaders
from model import ResponseNet
from utils import Timer, accuracy, set_seed


def evaluate(model, loader, device):
    model.eval()
    hits, total = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            hits += accuracy(model(x), y) * len(y)
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
    cfg = OmegaConf.merge(OmegaConf.load("config.yaml"), OmegaConf.from_cli(sys.argv[1:]))
    set_seed(cfg.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    train_loader, test_loader = make_loaders(cfg)

    model = ResponseNet(cfg.genes, cfg.hidden, cfg.dropout).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    criterion = nn.CrossEntropyLoss()

    best, timer = 0.0, Timer()
    for epoch in range(cfg.epochs):
        loss = train_epoch(model, train_loader, optimizer, criterion, device)
        acc = evaluate(model, test_loader, device)
        if acc > best:
            best = acc
            torch.save(model.state_dict(), cfg.weights)
        print(f"epoch {epoch}: loss {loss:.4f} acc {acc:.4f} best {best:.4f} ({timer})")

    print(f"final accuracy: {best:.4f}")


if __name__ == "__main__":
    main()
