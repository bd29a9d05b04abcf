"""Records variants/: very small checkpoints whose configurations differ from what ../shared/fixtures holds, with the
reference's logits. Run: python record-variants.py && npx biome format --write . (needs torch and transformers)."""
import json, pathlib, torch
import transformers as T
from transformers import AutoModelForSequenceClassification as Seq, AutoModelForTokenClassification as Tok

out = pathlib.Path(__file__).parent / "variants"
small = dict(vocab_size=24, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
             max_position_embeddings=28, num_labels=3)
relative = dict(**small, relative_attention=True, pooler_hidden_size=8)
modern = dict(**{**small, "num_hidden_layers": 3}, pad_token_id=0, cls_token_id=2, sep_token_id=3, bos_token_id=2,
              eos_token_id=3, local_attention=6)
DEBERTA, MODERN = T.DebertaV2Config, T.ModernBertConfig
CASES = {
    "bert-one-layer": (T.BertConfig(**{**small, "num_hidden_layers": 1}), Seq),
    "bert-silu": (T.BertConfig(**small, hidden_act="silu"), Seq),
    "bert-quick-gelu": (T.BertConfig(**small, hidden_act="quick_gelu"), Seq),
    "roberta-other-pad": (T.RobertaConfig(**small, pad_token_id=3, layer_norm_eps=1e-5), Seq),
    "camembert-token": (T.CamembertConfig(**small, pad_token_id=1, type_vocab_size=1), Tok),
    "electra-no-projection": (T.ElectraConfig(**small, embedding_size=8), Seq),
    "albert-groups": (T.AlbertConfig(**{**small, "num_hidden_layers": 3}, embedding_size=4, num_hidden_groups=2,
                                     inner_group_num=2), Seq),
    "deberta-separate-projections": (DEBERTA(**relative, position_buckets=8, pos_att_type="p2c|c2p",
                                             norm_rel_ebd="layer_norm", position_biased_input=False), Seq),
    "deberta-c2p-types": (DEBERTA(**relative, pos_att_type=["c2p"], type_vocab_size=2), Seq),
    "deberta-p2c-narrow": (DEBERTA(**relative, pos_att_type=["p2c"], share_att_key=True, embedding_size=4,
                                   max_relative_positions=10), Seq),
    "deberta-no-distance": (DEBERTA(**{**relative, "relative_attention": False}, pos_att_type=["c2p"]), Seq),
    "deberta-convolution": (DEBERTA(**relative, position_buckets=8, pos_att_type=["p2c", "c2p"], share_att_key=True,
                                    conv_kernel_size=3, conv_act="gelu", conv_groups=2, type_vocab_size=2,
                                    position_biased_input=False), Seq),
    "deberta-convolution-one-layer": (DEBERTA(**{**relative, "num_hidden_layers": 1}, conv_kernel_size=3), Seq),
    "modernbert-biases": (MODERN(**modern, attention_bias=True, mlp_bias=True, norm_bias=True, classifier_bias=True,
                                 classifier_activation="relu"), Seq),
    "modernbert-mean": (MODERN(**modern, classifier_pooling="mean"), Seq),
    "modernbert-all-local": (MODERN(**modern, layer_types=["sliding_attention"] * 3), Seq),
    "modernbert-older-config": (MODERN(**modern, global_rope_theta=500.0, local_rope_theta=30.0), Seq),
}


def batches(pad):
    generator = torch.Generator().manual_seed(2)
    for lengths in ([1], [3, 11], [24]):
        ids = torch.randint(4, 24, (len(lengths), max(lengths)), generator=generator)
        mask = torch.zeros_like(ids)
        for row, length in enumerate(lengths):
            ids[row, length:] = pad
            mask[row, :length] = 1
        yield ids, mask
    ids = torch.randint(4, 24, (1, 6), generator=generator)
    ids[0, 2] = pad  # the padding id within a text: some families count positions past it
    yield ids, torch.ones_like(ids)


for name, (config, head) in CASES.items():
    torch.manual_seed(3)
    config._attn_implementation = "eager"
    model = head.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(8.0) if parameter.dim() > 1 else parameter.add_(torch.randn_like(parameter) * 0.2)
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    path = folder / "config.json"
    saved = json.loads(path.read_text())
    if name == "modernbert-older-config":
        saved = {key: value for key, value in saved.items() if key not in ("rope_parameters", "layer_types")}
        saved |= {"global_rope_theta": 500.0, "local_rope_theta": 30.0, "global_attn_every_n_layers": 3}
    path.write_text(json.dumps(saved, indent=2))
    cases = []
    with torch.no_grad():
        for ids, mask in batches(config.pad_token_id):
            logits = model(input_ids=ids, attention_mask=mask).logits
            cases.append({"input_ids": ids.tolist(), "attention_mask": mask.tolist(),
                          "logits": torch.round(logits.double(), decimals=7).tolist()})
    (folder / "expected.json").write_text(json.dumps({"cases": cases}))
