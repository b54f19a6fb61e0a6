#!/usr/bin/env bash
# Installs the packed package into an empty folder and runs it there with the given node: smoke.sh NODE
set -euo pipefail
node=$1
tarball=$(ls -t "$PWD"/.cache/encaudit-*.tgz | head -n 1)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --omit=dev "$tarball" >/dev/null
bin=node_modules/encaudit/bin/encaudit.js
"$node" --version
"$node" "$bin" --help >/dev/null
"$node" "$bin" rules list >/dev/null
"$node" "$bin" demo -f json=result.json >/dev/null
"$node" "$bin" report result.json -f sarif=result.sarif -f junit=result.xml -f markdown=result.md >/dev/null
"$node" -e '
  const result = JSON.parse(require("fs").readFileSync("result.json"));
  if (result.subjects.length < 10 || result.findings.length < 10) throw new Error("the demo saw too little");
  if (JSON.parse(require("fs").readFileSync("result.sarif")).version !== "2.1.0") throw new Error("no SARIF");
'
"$node" --input-type=module -e 'const api = await import("encaudit"); if (typeof api.scan !== "function") throw new Error("no library API");'
