"""Opens bundles in Python's ONNX Runtime and ONNX's own checker: by hand, since it needs packages of Python.

Run: python check_foreign.py BUNDLE… && node check-foreign.mjs BUNDLE… (pip install onnx onnxruntime numpy). Each bundle
passes the full check of the ONNX package and answers random ids, a text alone and padded beside longer ones, at each
optimisation level. The logits go into <bundle>.foreign.json beside it, for check-foreign.mjs to hold ours against. The
control answers the padded batch with its lengths ignored: where that moves nothing, the comparison proves nothing.
"""
import json, pathlib, sys
import numpy, onnx, onnxruntime

LEVELS = onnxruntime.GraphOptimizationLevel
for folder in map(pathlib.Path, sys.argv[1:]):
    manifest = json.loads((folder / "manifest.json").read_text())
    path = str(folder / "model.onnx")
    onnx.checker.check_model(path, full_check=True)
    generator = numpy.random.default_rng(7)
    limit = min(48, manifest["maxLength"])
    texts = [generator.integers(5, 400, length).astype(numpy.int32) for length in (3, 9, limit)]
    width = max(map(len, texts))
    padded = numpy.full((len(texts), width), manifest["tokenizer"]["padTokenId"], numpy.int32)
    for row, ids in enumerate(texts):
        padded[row, : len(ids)] = ids
    lengths = numpy.array([len(ids) for ids in texts], numpy.int32)
    answers = {}
    for name in ("ORT_DISABLE_ALL", "ORT_ENABLE_BASIC", "ORT_ENABLE_ALL"):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = getattr(LEVELS, name)
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        run = lambda ids, sizes: session.run(["logits"], {"input_ids": ids, "lengths": sizes})[0]
        answers[name] = [run(ids[None], numpy.array([len(ids)], numpy.int32))[0] for ids in texts]
        batch = run(padded, lengths)
        if manifest["task"] == "text-classification":
            apart = max(float(numpy.abs(one - row).max()) for one, row in zip(answers[name], batch))
            blind = run(padded, numpy.full_like(lengths, width))
            control = max(float(numpy.abs(one - row).max()) for one, row in zip(answers[name], blind))
            assert control > 0.01, "ignoring the lengths changes nothing: this comparison cannot fail"
            print(f"{folder.name}: {name}: padded beside others moves a logit by at most {apart:.2g} (control {control:.2g})")
    basic = answers["ORT_ENABLE_BASIC"]
    for name, found in answers.items():
        print(f"{folder.name}: {name} is at most {max(float(numpy.abs(a - b).max()) for a, b in zip(found, basic)):.2g} from basic")
    (folder.parent / f"{folder.name}.foreign.json").write_text(json.dumps(
        {"input_ids": [ids.tolist() for ids in texts], "logits": [row.tolist() for row in basic]}))
