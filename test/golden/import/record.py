"""Records tiny-bert/: a random BERT as PyTorch's exporter writes it to ONNX (what Optimum calls too), and its logits.

Run: python record.py. Needs torch 2.15, transformers 5.23 (any recent will do; the files then differ in names).
"""
import json, pathlib, warnings, torch
from transformers import BertConfig, BertForSequenceClassification

warnings.filterwarnings("ignore")
out = pathlib.Path(__file__).parent / "tiny-bert"
out.mkdir(exist_ok=True)
torch.manual_seed(1)
config = BertConfig(vocab_size=48, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24,
                    max_position_embeddings=20, num_labels=3, attn_implementation="eager")
model = BertForSequenceClassification(config).eval()
with torch.no_grad():
    for parameter in model.parameters():
        parameter.mul_(4.0) if parameter.dim() > 1 else parameter.add_(torch.randn_like(parameter) * 0.1)


class Logits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).logits


def batch(lengths):
    ids = torch.randint(5, 48, (len(lengths), max(lengths)))
    mask = torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        ids[row, length:] = 0
        mask[row, :length] = 1
    return ids, mask


names = ["input_ids", "attention_mask", "token_type_ids"]
ids, mask = batch([5, 9])
torch.onnx.export(Logits().eval(), (ids, mask, torch.zeros_like(ids)), str(out / "model.onnx"), input_names=names,
                  output_names=["logits"], opset_version=17, dynamo=False,
                  dynamic_axes={**{name: {0: "batch_size", 1: "sequence_length"} for name in names},
                                "logits": {0: "batch_size"}})
cases = []
with torch.no_grad():
    for lengths in ([4], [3, 11], [20, 1, 7]):
        ids, mask = batch(lengths)
        logits = model(input_ids=ids, attention_mask=mask).logits
        cases.append({"input_ids": ids.tolist(), "attention_mask": mask.tolist(), "logits": logits.double().tolist()})
(out / "expected.json").write_text(json.dumps({"cases": cases}))
