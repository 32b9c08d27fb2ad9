"""The PyTorch twin of bench/benches/sasrec-step.ts: one training step of SASRec on one batch."""
from peer import serve
from sasrec import split, trainer


def build(arrays, options):
    weights, batches = split(arrays)  # items, targets, negatives: [steps, B, T]
    train = trainer(weights, options)
    count = len(batches["items"])

    def step(index):
        at = index % count
        return train(batches["items"][at], batches["targets"][at], batches["negatives"][at])

    return step


serve(build)
