"""The PyTorch twin of bench/benches/sasrec-epoch.ts: a step is one epoch over batches that are already made and padded."""
from peer import serve
from sasrec import split, trainer


def build(arrays, options):
    weights, batches = split(arrays)  # items, targets, negatives: [steps, B, T]
    train = trainer(weights, options)
    count = len(batches["items"])

    def single(at):
        return train(batches["items"][at], batches["targets"][at], batches["negatives"][at])

    def epoch(_):
        return sum(float(single(at)) for at in range(count)) / count

    return single if options["single"] else epoch


serve(build)
