#!/usr/bin/env bash
# Installs the packed package into an empty folder and runs it there with the given node: smoke.sh NODE
# Leaves the findings of the demo in .cache/demo-vNN.txt: they must not depend on the Node that looked.
set -euo pipefail
node=$1
cache="$PWD/.cache"
tarball=$(ls -t "$cache"/encaudit-*.tgz | head -n 1)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --omit=dev "$tarball" >/dev/null
bin=node_modules/encaudit/bin/encaudit.js
version=$("$node" --version)
echo "$version"
"$node" "$bin" --help >/dev/null
"$node" "$bin" rules test >/dev/null
"$node" "$bin" demo -q -f json=result.json
"$node" "$bin" report result.json -q -f sarif=result.sarif -f junit=result.xml -f markdown=result.md
"$node" -e '
  const { readFileSync, writeFileSync } = require("fs");
  const { subjects, findings } = JSON.parse(readFileSync("result.json"));
  if (subjects.length < 20 || findings.length < 20) throw new Error("the demo saw too little");
  if (JSON.parse(readFileSync("result.sarif")).version !== "2.1.0") throw new Error("no SARIF");
  const lines = findings.map(({ rule, subject, verdict }) => `${verdict} ${rule} ${subject.replace(/:\d+$/, "")}\n`);
  writeFileSync(process.argv[1], lines.sort().join(""));
' "$cache/demo-${version%%.*}.txt"
"$node" --input-type=module -e 'const api = await import("encaudit"); if (typeof api.scan !== "function") throw new Error("no library API");'
