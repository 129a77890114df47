"""Reduces the colors of the pictures in a folder, and makes one animated picture of the others."""

import sys
from pathlib import Path

from PIL import Image

MILLISECONDS_PER_FRAME = 2200

folder, *frames = map(Path, sys.argv[1:])
for path in folder.glob("*.png"):
    with Image.open(path) as picture:
        if picture.mode != "P":
            reduced = picture.convert("RGB").quantize(255, Image.Quantize.MAXCOVERAGE, kmeans=2)
            reduced.save(path, optimize=True)
first, *others = [Image.open(path).convert("RGB") for path in frames]
first.save(
    folder / "timeline.webp",
    save_all=True,
    append_images=others,
    duration=MILLISECONDS_PER_FRAME,
    loop=0,
    lossless=True,
    method=6,
)
