#!/usr/bin/env python3
"""Writes the boot specification (RFC 125) of a generation that was built without one.

usage: synthesize GENERATION FILE
"""

import json
import os
import sys
from pathlib import Path

# The modules tree of a generation is a union of whole packages, the kernel's among them.
IMAGES = {
    "aarch64-linux": "kernel-modules/Image",
    "x86_64-linux": "kernel-modules/bzImage",
}


def real(path: Path) -> str:
    if not path.exists():
        sys.exit(f"synthesize: {path} does not exist")
    return os.path.realpath(path)


def synthesize(generation: Path) -> dict:
    system = (generation / "system").read_text()
    if system not in IMAGES:
        sys.exit(f"synthesize: no kernel is known for {system}")
    return {
        "org.nixos.bootspec.v1": {
            "init": real(generation / "init"),
            "initrd": real(generation / "initrd"),
            "kernel": real(generation / IMAGES[system]),
            "kernelParams": (generation / "kernel-params").read_text().split(),
            "label": f"NixOS {generation.name}",
            "system": system,
            "toplevel": os.path.realpath(generation),
        }
    }


def main(arguments: list[str]) -> None:
    if len(arguments) != 2:
        sys.exit(__doc__)
    generation, file = map(Path, arguments)
    file.write_text(json.dumps(synthesize(generation), indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
