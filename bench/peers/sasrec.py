"""
SASRec in PyTorch, parameter by parameter our models/sasrec (their addresses are its state_dict keys), in two dresses:

  plain  what a good PyTorch programmer writes first: nn-style layers, F.dropout, three look-ups, Adam
  tuned  the fastest eager form we found (bench/README.md tells what was tried): dropout masks from raw 64-bit draws, one
         look-up for the three index arrays, scores by baddbmm, fused Adam
"""
import math

import torch
import torch.nn.functional as F
from torch import nn


class Norm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(dim))
        self.shift = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.scale, self.shift, 1e-5)


class Dropout(nn.Module):
    def __init__(self, rate, tuned):
        super().__init__()
        self.rate, self.tuned = rate, tuned

    def forward(self, x):
        if self.rate == 0 or not self.tuned:
            return F.dropout(x, self.rate, self.training)
        # 16 random bits an element, four elements a draw: F.dropout's Bernoulli draws are a third of a plain step.
        bits = torch.empty((x.numel() + 3) // 4, dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
        keep = bits[: x.numel()].view(x.shape) >= round(self.rate * 65536) - 32768
        return x * (keep * (1 / (1 - self.rate)))


class Attention(nn.Module):
    def __init__(self, dim, heads, rate, tuned):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(dim, dim) for _ in range(3))
        self.output = nn.Linear(dim, dim)
        self.heads, self.tuned, self.dropout = heads, tuned, Dropout(rate, tuned)

    def forward(self, x, mask):
        batch, length, dim = x.shape
        width = dim // self.heads
        q, k, v = (
            part(x).view(batch, length, self.heads, width).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        if self.tuned:
            q, k, v = (part.reshape(-1, length, width) for part in (q, k, v))
            folded = mask.expand(batch, self.heads, length, length).reshape(-1, length, length)
            scores = torch.baddbmm(folded, q, k.transpose(1, 2), alpha=1 / math.sqrt(width))
            attended = (self.dropout(F.softmax(scores, -1)) @ v).view(batch, self.heads, length, width)
        else:
            scores = (q @ k.transpose(-1, -2)) / math.sqrt(width) + mask
            attended = self.dropout(F.softmax(scores, -1)) @ v
        return self.output(attended.transpose(1, 2).reshape(batch, length, dim))


class FeedForward(nn.Module):
    def __init__(self, dim, hidden, rate, tuned):
        super().__init__()
        self.up, self.down, self.dropout = nn.Linear(dim, hidden), nn.Linear(hidden, dim), Dropout(rate, tuned)

    def forward(self, x):
        return self.down(self.dropout(F.relu(self.up(x))))


class Block(nn.Module):
    def __init__(self, dim, heads, hidden, rate, tuned):
        super().__init__()
        self.attentionNorm, self.feedForwardNorm = Norm(dim), Norm(dim)
        self.attention = Attention(dim, heads, rate, tuned)
        self.feedForward = FeedForward(dim, hidden, rate, tuned)
        self.dropout = Dropout(rate, tuned)

    def forward(self, x, mask):
        x = x + self.dropout(self.attention(self.attentionNorm(x), mask))
        return x + self.dropout(self.feedForward(self.feedForwardNorm(x)))


class SasRec(nn.Module):
    """Loss of one batch: binary cross-entropy of each target against one negative, over positions with a target."""

    def __init__(self, items, length, dim, blocks, heads, hidden, rate, tuned):
        super().__init__()
        self.items, self.positions = nn.Embedding(items + 1, dim), nn.Embedding(length, dim)
        self.blocks = nn.ModuleList(Block(dim, heads, hidden, rate, tuned) for _ in range(blocks))
        self.norm, self.dropout, self.tuned = Norm(dim), Dropout(rate, tuned), tuned
        self.register_buffer("causal", torch.full((length, length), -1e9).triu(1)[None, None], persistent=False)

    def forward(self, items, targets, negatives):
        length = items.shape[1]
        if self.tuned:
            x, target, negative = self.items(torch.stack((items, targets, negatives)))
        else:
            x, target, negative = self.items(items), self.items(targets), self.items(negatives)
        x = self.dropout(x * math.sqrt(x.shape[-1]) + self.positions.weight[:length])
        # Rows are padded on the right: no position with a target sees padding.
        mask = self.causal[:, :, :length, :length]
        for block in self.blocks:
            x = block(x, mask)
        state = self.norm(x)
        weight = (targets > 0).float()
        losses = F.softplus(-(state * target).sum(-1)) + F.softplus((state * negative).sum(-1))
        return (losses * weight).sum() / weight.sum()


def trainer(weights, options):
    """A model with these weights and the function that makes one training step of a batch."""
    tuned = options.get("variant") == "tuned"
    model = SasRec(
        weights["items.weight"].shape[0] - 1,
        weights["positions.weight"].shape[0],
        weights["items.weight"].shape[1],
        options["blocks"],
        options["heads"],
        weights["blocks.0.feedForward.up.weight"].shape[0],
        options["dropout"],
        tuned,
    )
    model.load_state_dict(weights)
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=options["rate"], betas=options["betas"], fused=tuned)
    # fallback_random: inductor's own generator computes every mask value in scalar code, which is slower still.
    loss_of = torch.compile(model, options={"fallback_random": True}) if options.get("compiled") else model

    def step(items, targets, negatives):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(items, targets, negatives)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), options["clip"], foreach=tuned)
        optimizer.step()
        return loss.detach()

    return step


def split(arrays):
    """Weights and batches, which one file brings: batches stand under `batch.`."""
    weights = {name: array for name, array in arrays.items() if not name.startswith("batch.")}
    batches = {name.removeprefix("batch."): array.long() for name, array in arrays.items() if name.startswith("batch.")}
    return weights, batches
