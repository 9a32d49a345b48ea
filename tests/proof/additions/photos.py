"""Train on photographs, augmented where the model learns from them."""

import logging
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision import transforms
from torchvision.datasets import ImageFolder
from torchvision.io import read_image
from torchvision.models import resnet18

PLAIN = transforms.Compose([transforms.Resize(64), transforms.ToTensor()])
CHANGED = transforms.Compose([transforms.RandomCrop(64), transforms.ToTensor()])
LAST = Path("outputs/photos/last.pt")
logger = logging.getLogger(__name__)


class Unlabelled(Dataset):
    def __init__(self, folder):
        self.paths = sorted(Path(folder).rglob("*.jpg"))

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return read_image(str(self.paths[index]))


def make_loaders(folder, generator):
    plain, changed = ImageFolder(folder, PLAIN), ImageFolder(folder, CHANGED)
    order = torch.randperm(len(plain), generator=generator).tolist()
    count = len(order) // 5
    train, val = Subset(changed, order[count:]), Subset(plain, order[:count])
    return DataLoader(train, 32, shuffle=True), DataLoader(val, 32)


def save(state):
    aside = LAST.with_suffix(".tmp")
    torch.save(state, aside)
    aside.replace(LAST)


def main(epochs=20, seed=0):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    train_loader, val_loader = make_loaders("data/photos", generator)
    model = resnet18(num_classes=10)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    start = 0
    if LAST.exists():
        saved = torch.load(LAST, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        start = saved["epoch"] + 1
    for epoch in range(start, epochs):
        model.train()
        for batch, targets in train_loader:
            loss = nn.functional.cross_entropy(model(batch), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        hits = 0
        with torch.inference_mode():
            for batch, targets in val_loader:
                hits += (model(batch).argmax(1) == targets).sum().item()
        logger.info("epoch %d: %d right", epoch, hits)
        save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch})


if __name__ == "__main__":
    main()
