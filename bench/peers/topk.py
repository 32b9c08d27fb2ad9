"""
The PyTorch twin of bench/benches/topk.ts: the 20 items of the greatest inner product for each query, exactly.

  plain  one product, one torch.topk
  tuned  the fastest form we found: blocks that stay in the cache, the maximum of each group of 100 scores, and topk only
         within the 20 best groups of a block (a score among the 20 best lies in one of the 20 groups of greatest maximum)
"""
import torch
from peer import serve

BLOCK, GROUP = 50_000, 100


def plain(queries, items, count):
    return (queries @ items.t()).topk(count)


def tuned(queries, items, count):
    members, kept, places = torch.arange(GROUP), [], []
    product = torch.empty(len(queries), BLOCK)
    for start in range(0, len(items), BLOCK):
        block = items[start : start + BLOCK]
        scores = torch.mm(queries, block.t(), out=product[:, : len(block)] if len(block) == BLOCK else None)
        groups = scores.view(len(queries), -1, GROUP).amax(2).topk(count).indices
        candidates = (groups[:, :, None] * GROUP + members).flatten(1)
        best, at = scores.gather(1, candidates).topk(count)
        kept.append(best)
        places.append(candidates.gather(1, at) + start)
    best, at = torch.cat(kept, 1).topk(count)
    return best, torch.cat(places, 1).gather(1, at)


def build(arrays, options):
    queries, items, count = arrays["queries"], arrays["items"], options["count"]
    search = tuned if options.get("variant") == "tuned" and len(items) % GROUP == 0 else plain
    search = torch.compile(search) if options.get("compiled") else search

    def step(_):
        with torch.no_grad():
            scores, _ = search(queries, items, count)
        # The answer in one number: the vectors are such that every score is exact, so both sides agree to the last bit.
        return (scores.double().sum(0) * torch.arange(1, count + 1)).sum()

    return step


serve(build)
