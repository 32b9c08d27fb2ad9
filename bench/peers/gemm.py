"""The PyTorch twin of bench/benches/gemm.ts: plain makes a new array for each product, tuned writes into one."""
import torch
from peer import serve


def build(arrays, options):
    a, b = arrays["a"], arrays["b"]
    kept = torch.empty(len(a), b.shape[1]) if options["variant"] == "tuned" else None

    def step(_):
        for _ in range(options["products"]):
            product = torch.mm(a, b, out=kept)
        return product[-1, -1]

    return step


serve(build)
