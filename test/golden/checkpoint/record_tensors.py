"""Records what the reference reads from the checkpoints of ../shared/fixtures/architectures: an oracle for the weight readers.

    python record_tensors.py ../../../../shared/fixtures/architectures > tensors.json
Needs torch, safetensors, transformers. For each tensor, by its name without the family's prefix: shape, and sum, first and
last value in double precision.
"""
import json, pathlib, sys
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel


def state(folder):
    pickled = folder / "pytorch_model.bin"
    if pickled.exists():
        return torch.load(pickled, weights_only=True)
    tensors = {}
    for file in sorted(folder.glob("model*.safetensors")):
        tensors.update(load_file(file))
    return tensors


recorded = {}
for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    prefix = AutoModel.from_config(AutoConfig.from_pretrained(folder)).base_model_prefix + "."
    entry = recorded[folder.name] = {}
    for name, tensor in sorted(state(folder).items()):
        values = tensor.double().flatten()
        entry[name.removeprefix(prefix)] = [list(tensor.shape), values.sum().item(), values[0].item(), values[-1].item()]
print("{")
print(",\n".join(f"{json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}" for name, entry in recorded.items()))
print("}")
