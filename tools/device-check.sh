#!/bin/sh
# Checks a machine with a graphics card, in 8 minutes at most: on WebGPU, by the system's Vulkan, the conformance suite, twenty TRACT steps beside the native backend, parity files, and
# images/s and peak memory of the three networks that speed is claimed for; the same on CUDA where a tfjs-node-gpu is installed; PyTorch on the same card where a python3 has one.
# usage: tools/device-check.sh [--parity FOLDER] [--archive FILE.tar.xz] [--python PYTHON] [--minutes N] [--rehearsal] [--out FOLDER]
#   --parity     parity files, for a check from a checkout and for an archive
#   --archive    checks nothing, and writes what a bare machine needs, its Node too: there, `tar xJf FILE.tar.xz && device-check/device-check.sh`, without network or npm
#   --python     the Python to look for PyTorch in (default: python3)
#   --minutes    when to stop (default: 8); what the time did not suffice for is told
#   --rehearsal  a software driver (Debian's chromium brings one) in place of the card, a tiny network, PyTorch on the processor: tries the script out, its figures mean nothing
#   --out        where table.md, report.json and the logs go (default: device-check-results)
# A card's driver needs its part for Vulkan: containers of NVIDIA's want NVIDIA_DRIVER_CAPABILITIES=all. CUDA: TRACT_TFJS_NODE, or the working folder, has the tfjs-node-gpu.
# Ends with code 1 where a check failed, 2 for wrong usage, 4 where there is no card. What was not run, and why, is in the table.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case " $* " in *' --help '*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$here/device-check.sh"; exit 0 ;; esac
if [ ! -x "$here/bin/node" ]; then exec node "$here/device/tree.mjs" "$@"; fi

# Only the libraries that the machine has not got: its own fit its driver.
lacking=$(mktemp -d)
trap 'rm -rf "$lacking"' EXIT
for file in "$here"/lib/*; do
  [ -n "$(find -L /lib /usr/lib /lib64 /usr/lib64 -maxdepth 2 -name "${file##*/}" 2>/dev/null)" ] || ln -s "$file" "$lacking"
done
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}${LD_LIBRARY_PATH:+:}$lacking"
"$here/bin/node" "$here/dist/check.mjs" "$@"
