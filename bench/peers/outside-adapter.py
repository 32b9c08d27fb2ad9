"""
PEFT's reading of an adapter that bench/outside-adapter.ts wrote.

  outside-adapter.py MODEL ADAPTER 5,9,2  ->  {"peft": …, "surprises": […], "logits": […]}

Surprises: the negative log-likelihood of each token given those before it, the first left out; logits: after the last token.
"""
import json
import sys

import peft
import torch
from transformers import AutoModelForCausalLM

model_path, adapter_path, tokens = sys.argv[1:4]
ids = torch.tensor([[int(token) for token in tokens.split(",")]])
base = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32)
model = peft.PeftModel.from_pretrained(base, adapter_path).eval()
with torch.no_grad():
    logits = model(input_ids=ids).logits[0]
chosen = logits[:-1].log_softmax(-1).gather(-1, ids[0, 1:, None])[:, 0]
print(json.dumps({"peft": peft.__version__, "surprises": (-chosen).tolist(), "logits": logits[-1].tolist()}))
