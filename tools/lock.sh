#!/bin/sh
# Writes requirements.lock: every package that is needed, pinned, with the hashes of all its files.
#
#   sh tools/lock.sh            resolve everything anew, in a throw-away environment
#   sh tools/lock.sh --hashes   keep the pins that stand in requirements.lock (one may have been added or changed
#                               by hand) and write only their hashes anew
#
# torch has a file of its own, without hashes: its builds for processors and for each kind of GPU share one version,
# and each index offers another one of them.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/tools"
"$folder/tools/bin/pip" install --quiet --disable-pip-version-check uv
if [ "${1:-}" = "--hashes" ]; then
    grep -o '^[A-Za-z0-9_.-]*==[^ ;\\]*' requirements.lock > "$folder/pins"
else
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --upgrade pip
    "$folder/venv/bin/pip" install --quiet "./client[local,neural,tune]" . --group dev
    "$folder/venv/bin/pip" freeze --exclude-editable | grep -v '^warmtune' | sed 's/^\(torch==[0-9.]*\)+.*/\1/' > "$folder/all"
    grep '^torch==' "$folder/all" > requirements-torch.lock
    grep -v '^torch==' "$folder/all" > "$folder/pins"
fi
{
    echo "# Written by 'make lock'; after a change by hand, 'make lock-hashes' writes the hashes anew."
    "$folder/tools/bin/uv" pip compile --quiet --no-deps --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate "$folder/pins"
} > "$folder/lock"
mv "$folder/lock" requirements.lock
