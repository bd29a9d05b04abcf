# python record.py FOLDER    (pyarrow 20 or later): writes columns.parquet, and columns.json with what is in it.
import datetime, decimal, json, sys
import pyarrow as pa, pyarrow.parquet as pq

n = 30
table = pa.table({
    "id": pa.array([2**62 + i for i in range(n)]),
    "text": pa.array([f"wake me at {i}, please – ça va?" for i in range(n)]),
    "nested": pa.array([[{"a": i, "b": [str(i), None]}] if i % 3 else None for i in range(n)]),
    "micros": pa.array([datetime.datetime(2024, 1, 1, 0, 0, 0, 123456 + i) for i in range(n)], pa.timestamp("us", "UTC")),
    "decimal": pa.array([decimal.Decimal("12345678901234567.89") + i for i in range(n)], pa.decimal128(20, 2)),
    "map": pa.array([[("k", i)] for i in range(n)], pa.map_(pa.string(), pa.int64())),
    "bytes": pa.array([b"\x00\xff"] * n),
    "predicted_label": pa.array(["mine"] * n),
})
pq.write_table(table, f"{sys.argv[1]}/columns.parquet", compression="zstd", row_group_size=12, data_page_version="2.0", write_page_index=True)
rows = table.to_pylist()
json.dump([{k: repr(v) for k, v in row.items()} for row in rows], open(f"{sys.argv[1]}/columns.json", "w"), indent=1)
