"""The same steps as workloads.py, as a PyTorch user would write them."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

R = np.random.RandomState(0)


def t(*shape):
    return torch.tensor(R.standard_normal(shape).astype(np.float32))


def tiny_add():
    a = torch.tensor(1.0)
    return lambda: (a + 1.0).numpy()


def matmul_1024():
    a, b = t(1024, 1024), t(1024, 1024)
    return lambda: a @ b


def elementwise_4m():
    x = t(4 << 20)
    return lambda: (0.5 * x * (1 + torch.tanh(0.79788456 * (x + 0.044715 * x * x * x)))).sum()


def _train(model, opt, loss_fn):
    def step():
        opt.zero_grad()
        loss_fn().backward()
        opt.step()

    return step


def softmax_mnist_step():
    m = nn.Linear(784, 10)
    x, y = t(100, 784), torch.tensor(R.randint(0, 10, 100))
    return _train(m, torch.optim.SGD(m.parameters(), 0.5), lambda: F.cross_entropy(m(x), y))


def _mlp(sizes, act):
    layers = []
    for i in range(len(sizes) - 1):
        layers += [nn.Linear(sizes[i], sizes[i + 1])] + ([act()] if i < len(sizes) - 2 else [])
    return nn.Sequential(*layers)


def rl_policy_batch1():
    pi_net, v_net, log_std = _mlp([17, 64, 64, 6], nn.Tanh), _mlp([17, 64, 64, 1], nn.Tanh), nn.Parameter(-0.5 * torch.ones(6))
    o = R.standard_normal((1, 17)).astype(np.float32)

    def step():
        with torch.no_grad():
            x = torch.as_tensor(o)
            d = torch.distributions.Normal(pi_net(x), log_std.exp())
            a = d.sample()
            return a.numpy(), v_net(x).squeeze(-1).numpy(), d.log_prob(a).sum(-1).numpy()

    return step


def dqn_step():
    q, qt = _mlp([17, 256, 256, 6], nn.ReLU), _mlp([17, 256, 256, 6], nn.ReLU)
    o, o2, a, r = t(100, 17), t(100, 17), torch.tensor(R.randint(0, 6, 100)), t(100)
    opt = torch.optim.Adam(q.parameters(), 1e-3)

    def loss():
        with torch.no_grad():
            target = r + 0.99 * qt(o2).max(1)[0]
        return ((q(o).gather(1, a[:, None])[:, 0] - target) ** 2).mean()

    return _train(q, opt, loss)


def mlp_adam_step():
    m = _mlp([784, 1024, 1024, 10], nn.ReLU)
    x, y = t(128, 784), torch.tensor(R.randint(0, 10, 128))
    return _train(m, torch.optim.Adam(m.parameters(), 1e-3), lambda: F.cross_entropy(m(x), y))


def lenet_step():
    m = nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(3136, 1024),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(1024, 10),
    )
    x, y = t(64, 1, 28, 28), torch.tensor(R.randint(0, 10, 64))
    return _train(m, torch.optim.Adam(m.parameters(), 1e-4), lambda: F.cross_entropy(m(x), y))


def gru_forward():
    m, x = nn.GRU(10, 20, batch_first=True), t(32, 50, 10)

    def step():
        with torch.no_grad():
            return m(x)

    return step


def lstm_train():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.out = nn.LSTM(64, 256, batch_first=True), nn.Linear(256, 10)

        def forward(self, x):
            return self.out(self.lstm(x)[1][0][0])

    m, x, y = M(), t(32, 100, 64), t(32, 10)
    return _train(m, torch.optim.Adam(m.parameters(), 1e-3), lambda: F.mse_loss(m(x), y))


def _alexnet():
    def c(i, o, k, s=1, p=0):
        return [nn.Conv2d(i, o, k, s, p), nn.ReLU()]

    return nn.Sequential(
        *c(3, 64, 11, 4),
        nn.MaxPool2d(3, 2),
        *c(64, 192, 5, 1, 2),
        nn.MaxPool2d(3, 2),
        *c(192, 384, 3, 1, 1),
        *c(384, 256, 3, 1, 1),
        *c(256, 256, 3, 1, 1),
        nn.MaxPool2d(3, 2),
        nn.Flatten(),
        nn.Linear(9216, 4096),
        nn.ReLU(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Linear(4096, 1000),
    )


def _convnet(net, batch, size, train):
    m = net().to(memory_format=torch.channels_last)
    x = t(batch, 3, size, size).contiguous(memory_format=torch.channels_last)
    y = torch.tensor(R.randint(0, 1000, batch))
    if train:
        return _train(m, torch.optim.SGD(m.parameters(), 1e-9), lambda: F.cross_entropy(m(x), y))

    def step():
        with torch.no_grad():
            return m(x)

    return step


def alexnet_forward():
    return _convnet(_alexnet, 16, 227, False)


def alexnet_train():
    return _convnet(_alexnet, 16, 227, True)
