"""The PyTorch twin of bench/benches/lora-smollm2.ts; lora.py holds the model."""
from lora import build
from peer import serve

serve(build)
