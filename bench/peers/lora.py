"""
The PyTorch twin of bench/benches/lora-step.ts and lora-smollm2.ts: one step of LoRA adapters with transformers' LLaMA and PEFT.
  plain: model(input_ids, labels), as a fine-tuning script writes it
  tuned: the head sees only states that predict something; AdamW fused
"""
import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

PARTS = {
    "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj",
    "attention.output": "self_attn.o_proj",
    "feedForward.gate": "mlp.gate_proj",
    "feedForward.up": "mlp.up_proj",
    "feedForward.down": "mlp.down_proj",
    "attentionNorm.scale": "input_layernorm.weight",
    "feedForwardNorm.scale": "post_attention_layernorm.weight",
}
WHOLE = {"embedding.weight": "model.embed_tokens.weight", "norm.scale": "model.norm.weight", "head.weight": "lm_head.weight"}
UNLABELLED = -100


def their_name(address):
    """Our address as transformers calls it; an adapter's as PEFT does."""
    if address in WHOLE:
        return WHOLE[address]
    adapter = address.startswith("adapter.")
    name = "model." + address.removeprefix("adapter.")
    for ours, theirs in PARTS.items():
        name = name.replace(ours, theirs)
    if not adapter:
        return name
    place, half = name.rsplit(".", 1)
    return f"base_model.model.{place}.lora_{half.upper()}.default.weight"


def build(arrays, options):
    tuned = options.get("variant") == "tuned"
    ids = arrays.pop("batch.ids").long()
    weights = {their_name(address): array for address, array in arrays.items()}
    gate = weights["model.layers.0.mlp.gate_proj.weight"]
    vocabulary, dim = weights["model.embed_tokens.weight"].shape
    layers = sum(name.endswith("mlp.gate_proj.weight") for name in weights)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=dim,
        intermediate_size=gate.shape[0],
        num_hidden_layers=layers,
        num_attention_heads=options["heads"],
        num_key_value_heads=options["keyValueHeads"],
        max_position_embeddings=options["positions"],
        rope_theta=options["base"],
        rms_norm_eps=options["epsilon"],
        tie_word_embeddings=options["tied"],
        use_cache=False,
    )
    base = LlamaForCausalLM(config).float()
    targets = sorted({part.split(".")[1] for part in PARTS.values() if part.endswith("_proj")})
    model = get_peft_model(
        base,
        LoraConfig(
            r=options["rank"], lora_alpha=options["alpha"], lora_dropout=0.0, target_modules=targets, task_type="CAUSAL_LM"
        ),
    )
    state = model.state_dict()
    for name, array in weights.items():
        if not name.startswith("base_model."):
            plain = f"base_model.model.{name}"
            name = plain if plain in state else plain.replace(".weight", ".base_layer.weight")
        state[name].copy_(array)
    model.train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=options["rate"], weight_decay=options["decay"], fused=tuned)
    labelled = options["labelled"]
    length = ids.shape[-1]

    def plain_loss(batch):
        labels = batch.clone()
        labels[:, : length - labelled] = UNLABELLED
        return model(input_ids=batch, labels=labels).loss

    def tuned_loss(batch):
        first = max(1, length - labelled)
        states = model.base_model.model.model(input_ids=batch).last_hidden_state[:, first - 1 : -1]
        logits = model.base_model.model.lm_head(states)
        return F.cross_entropy(logits.flatten(0, 1), batch[:, first:].flatten())

    def step(index):
        optimizer.zero_grad(set_to_none=True)
        loss = (tuned_loss if tuned else plain_loss)(ids[index % len(ids)])
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step
