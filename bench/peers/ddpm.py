"""
The PyTorch twin of bench/benches/ddpm.ts: 256 vectors drawn by 100 steps of DDPM from a denoiser that says the noise.
  x0 = (x - b eps) / a,   x <- clean x0 + noisy x + deviation z
The condition is read once. `tuned` computes without autograd's bookkeeping (inference_mode) and draws in place.
"""
import torch
import torch.nn.functional as F
from peer import serve


def build(arrays, options):
    inputs = {name.removeprefix("batch."): array for name, array in arrays.items() if name.startswith("batch.")}
    start, condition, features = inputs["start"], inputs["condition"], inputs["features"]
    levels = inputs["levels"].tolist()  # signal, noise; clean, noisy, deviation of the way to the step before
    given, tuned = options.get("given"), options.get("variant") == "tuned"

    def linear(name, x):
        return F.linear(x, arrays[f"{name}.weight"], arrays[f"{name}.bias"])

    def read():
        scale, shift = arrays["condition.norm.scale"], arrays["condition.norm.shift"]
        normed = F.layer_norm(condition, scale.shape, scale, shift, 1e-5)
        return linear("condition.down", F.gelu(linear("condition.up", normed)))

    def denoise(x, asked, row):
        h = x + asked + row
        for block in range(2):
            h = h + linear(f"blocks.{block}.down", F.relu(linear(f"blocks.{block}.up", F.relu(h))))
        return h

    said = torch.compile(denoise) if options.get("compiled") else denoise

    def step(_):
        with torch.inference_mode() if tuned else torch.no_grad():
            asked, x, z = read(), start, torch.empty_like(start)
            for at in reversed(range(len(levels))):
                signal, noise, clean, noisy, deviation = levels[at]
                x0 = (x - noise * said(x, asked, features[at])) / signal
                if at == 0:
                    break
                drawn = inputs["noise"][at] if given else z.normal_() if tuned else torch.randn_like(x)
                x = clean * x0 + noisy * x + deviation * drawn
            return x0.square().mean().sqrt()

    return step


serve(build)
