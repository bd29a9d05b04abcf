#!/usr/bin/env bash
# bash docs/examples/try-python.sh    Runs consume.py in a fresh virtual environment against an embedded broker and a message of the
# contract, sent twice, and sees that each of its answers is printed once. Not part of `npm test`: it installs paho-mqtt with pip.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm run --silent build
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'paho-mqtt>=2,<3'
node dist/scripts/try-example.js "$work/venv/bin/python" docs/examples/consume.py HOST PORT
