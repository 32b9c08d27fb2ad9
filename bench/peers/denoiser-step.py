"""
The PyTorch twin of bench/benches/denoiser-step.ts: one step of a denoiser that predicts the noise in x_t.
  y = x_t + condition(c) + time(t),  y <- y + block(y) twice;  loss = mean (y - noise)^2
Drawing t and the noise and making x_t is part of the step, as in training.
"""
import torch
import torch.nn.functional as F
from peer import serve
from torch import nn


class TwoLayers(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.up, self.down = nn.Linear(inside, outside), nn.Linear(outside, outside)

    def forward(self, x):
        return self.down(F.relu(self.up(F.relu(x))))


class Denoiser(nn.Module):
    def __init__(self, condition, dim, steps):
        super().__init__()
        self.condition, self.time = TwoLayers(condition, dim), nn.Embedding(steps, dim)
        self.blocks = nn.ModuleList(TwoLayers(dim, dim) for _ in range(2))

    def forward(self, noisy, t, condition):
        y = noisy + self.condition(condition) + self.time(t)
        for block in self.blocks:
            y = y + block(y)
        return y


def build(arrays, options):
    inputs = {name.removeprefix("batch."): array for name, array in arrays.items() if name.startswith("batch.")}
    weights = {name: array for name, array in arrays.items() if not name.startswith("batch.")}
    tuned = options.get("variant") == "tuned"
    x0, condition = inputs["x0"], inputs["condition"]
    # signal[t] = sqrt(alphaBar_t), spread[t] = sqrt(1 - alphaBar_t): [steps, 1].
    signal, spread = inputs["signal"], inputs["spread"]
    model = Denoiser(condition.shape[1], x0.shape[1], len(signal))
    model.load_state_dict(weights)
    optimizer = torch.optim.Adam(model.parameters(), lr=options["rate"], betas=options["betas"], fused=tuned)

    def loss_of(t, noise):
        noisy = signal[t] * x0 + spread[t] * noise  # [B, 1] each
        return F.mse_loss(model(noisy, t, condition), noise)

    compiled = torch.compile(loss_of, options={"fallback_random": True}) if options.get("compiled") else loss_of

    def step(index):
        optimizer.zero_grad(set_to_none=True)
        if options.get("given"):  # the same draws as ours, to compare losses
            t, noise = inputs["t"][index].long(), inputs["noise"][index]
        else:
            t, noise = torch.randint(0, len(signal), (len(x0),)), torch.randn_like(x0)
        loss = compiled(t, noise)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


serve(build)
