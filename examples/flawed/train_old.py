# first version, before the config. don't delete, the abstract uses these numbers!!
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split

from data import read_table
from model import ResponseNet

x, y = read_table("data/cohort.csv")
x = (x - x.mean(axis=0)) / x.std(axis=0)
data = TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y))
n_test = len(data) // 4
train, test = random_split(data, [len(data) - n_test, n_test])
loader = DataLoader(train, batch_size=16, shuffle=True)

net = ResponseNet(x.shape[1], hidden=128)
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

for epoch in range(20):
    net.train()
    for xb, yb in loader:
        loss = F.cross_entropy(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print("epoch", epoch, "loss", loss.item())

net.eval()
with torch.no_grad():
    xb, yb = next(iter(DataLoader(test, batch_size=n_test)))
    print("test acc", (net(xb).argmax(1) == yb).float().mean().item())
