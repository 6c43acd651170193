"""The smallest training: guess, find out how wrong, adjust, and again."""

import torch
import torch.nn.functional as F

torch.manual_seed(0)
inputs = torch.randn(256, 2)  # (batch, features)
targets = (inputs[:, 0] > inputs[:, 1]).long()  # (batch,), the class of each
model = torch.nn.Linear(2, 2)  # any model that returns scores, (batch, classes)
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)

for _ in range(100):
    loss = F.cross_entropy(model(inputs), targets)  # forward: how wrong is it?
    loss.backward()  # backward: which way should each weight move?
    optimizer.step()  # update: move them
    optimizer.zero_grad()
print(f"loss {loss.item():.3f}")
