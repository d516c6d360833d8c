#!/bin/bash
# skopeo 1.9.3 (Debian 12: 1.9.3+ds1-1+b10) writes the index of an image anew when it copies one with `--all`, also if all that it lists is
# copied as it is, and drops the field `artifactType` of the entries (image specification 1.1). The digest of the index changes, so a name
# by digest that was valid before the copy isn't after it. With `--preserve-digests` it refuses to copy an index with that field, and says
# that the index would have to be converted to the type that it has already. An index without the field keeps its digest either way.
#
# Output that was seen:
#
#     with artifactType: the digest changes, the field is gone
#     with artifactType and --preserve-digests: refused, "must be converted to type application/vnd.oci.image.index.v1+json"
#     without artifactType: the digest stays
#
# What to do: leave `artifactType` to the manifest that the entry means, which has it too, and write the index without spaces, with the fields
# of entries in the order mediaType, digest, size, platform.
#
# This script fails if that changes. It needs Debian 12's package sources and Python 3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download --quiet=2 skopeo=1.9.3+ds1-1+b10
dpkg-deb -x skopeo_*.deb root
cat > layout.py <<'P'
import hashlib, json, os, sys
folder, with_type = sys.argv[1], sys.argv[2] == "with"
os.makedirs(folder + "/blobs/sha256")
def put(kind, data):
    data = data if isinstance(data, bytes) else json.dumps(data, separators=(",", ":")).encode()
    digits = hashlib.sha256(data).hexdigest()
    open(f"{folder}/blobs/sha256/{digits}", "wb").write(data)
    return {"mediaType": kind, "digest": "sha256:" + digits, "size": len(data)}
oci = "application/vnd.oci.image."
config = put(oci + "config.v1+json", {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}})
image = put(oci + "manifest.v1+json", {"schemaVersion": 2, "mediaType": oci + "manifest.v1+json", "config": config, "layers": []})
empty = put("application/vnd.oci.empty.v1+json", b"{}")
bill = put(oci + "manifest.v1+json", {
    "schemaVersion": 2, "mediaType": oci + "manifest.v1+json", "artifactType": "application/vnd.cyclonedx+json",
    "config": empty, "layers": [put("application/vnd.cyclonedx+json", b"{}")], "subject": image})
if with_type:
    bill = {**bill, "artifactType": "application/vnd.cyclonedx+json"}
entries = [{**image, "platform": {"architecture": "amd64", "os": "linux"}},
           {**bill, "platform": {"architecture": "unknown", "os": "unknown"}}]
index = put(oci + "index.v1+json", {"schemaVersion": 2, "mediaType": oci + "index.v1+json", "manifests": entries})
named = {**index, "annotations": {"org.opencontainers.image.ref.name": "latest"}}
open(folder + "/oci-layout", "w").write('{"imageLayoutVersion":"1.0.0"}')
open(folder + "/index.json", "w").write(json.dumps({"schemaVersion": 2, "manifests": [named]}))
P
digest() {
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1] + "/index.json"))["manifests"][0]["digest"].split(":")[1])' "$1"
}
copy() {
    root/usr/bin/skopeo --insecure-policy copy --quiet --all "$@"
}
python3 layout.py typed with
python3 layout.py plain without
copy oci:typed:latest oci:typed-copy:latest
copy oci:plain:latest oci:plain-copy:latest
failed=0
grep -q '"artifactType"' "typed/blobs/sha256/$(digest typed)"
if [ "$(digest typed)" != "$(digest typed-copy)" ] && ! grep -q '"artifactType"' "typed-copy/blobs/sha256/$(digest typed-copy)"; then
    echo "with artifactType: the digest changes, the field is gone"
else
    failed=1
fi
if ! said=$(copy --preserve-digests oci:typed:latest oci:kept:latest 2>&1) && grep -q 'must be converted to type' <<< "$said"; then
    echo 'with artifactType and --preserve-digests: refused, "must be converted to type application/vnd.oci.image.index.v1+json"'
else
    failed=1
fi
if [ "$(digest plain)" = "$(digest plain-copy)" ]; then
    echo "without artifactType: the digest stays"
else
    failed=1
fi
exit $failed
