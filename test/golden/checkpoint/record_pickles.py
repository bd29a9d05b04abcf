"""Records files as torch saves them, with the numbers that it reads from them: an oracle for the reader of pickled weights.

    python record_pickles.py pickles
Needs torch (1.6 or later). Each `NAME.bin` holds a state dict; `expected.json` has its tensors by name: shape, and the values row
after row. `legacy.bin` is in the form from before 1.6, which Verge refuses.
"""
import json, pathlib, sys
from collections import OrderedDict
import torch

out = pathlib.Path(sys.argv[1])
torch.manual_seed(7)
base = torch.arange(24, dtype=torch.float32) / 8 - 1
shared = torch.randn(6)


def classifier(**more):
    return OrderedDict([("classifier.weight", torch.randn(2, 3)), ("classifier.bias", torch.randn(2))], **more)


module = torch.nn.Sequential(OrderedDict(classifier=torch.nn.Linear(3, 2)))
CASES = {
    **{f"protocol-{protocol}": (classifier(), {"pickle_protocol": protocol}) for protocol in (2, 3, 4, 5)},
    "module": (module.state_dict(), {}),
    "parameters": (dict(module.named_parameters()), {}),
    "strides": (classifier(**{
        "x.transposed": base.view(4, 6).t(),
        "x.permuted": base.view(2, 3, 4).permute(2, 0, 1),
        "x.sliced": base.view(4, 6)[1:3, ::2],
        "x.column": base.view(4, 6)[:, 5],
        "x.scalar": torch.tensor(3.5),
        "x.empty": torch.zeros(0, 4),
        "x.one": base.view(4, 6)[2:3].t(),
    }), {}),
    "shared": (classifier(**{"x.first": shared, "x.again": shared, "x.part": shared[2:5], "x.turned": shared.view(2, 3).t()}), {}),
    "types": (classifier(**{
        f"x.{str(dtype).removeprefix('torch.')}": (base[:6].view(2, 3) * 8).to(dtype)
        for dtype in (torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8)
    }, **{"x.uint8": torch.tensor([0, 255], dtype=torch.uint8), "x.bool": torch.tensor([True, False])}), {}),
}
expected = {"reference": f"torch {torch.__version__}"}
for name, (state, options) in CASES.items():
    torch.save(state, out / f"{name}.bin", **options)
    read = torch.load(out / f"{name}.bin")
    expected[name] = {key: [list(tensor.shape), tensor.double().flatten().tolist()] for key, tensor in read.items()}
torch.save(classifier(), out / "legacy.bin", _use_new_zipfile_serialization=False)
(out / "expected.json").write_text(json.dumps(expected, separators=(",", ":")).replace('},"', '},\n"') + "\n")
