#!/bin/sh
# Makes the PNGs from what betwixt.svg draws. Needs ImageMagick.
set -eu
cd "$(dirname "$0")"
for side in 32 128 256; do
    convert -size 1024x1024 xc:none -scale 1024x1024 \
        -draw 'scale 4,4 fill #3B5BDB roundrectangle 8,8 248,248 56,56' \
        -draw 'scale 4,4 fill #B4C3FF path "M126 108 H182 A28 28 0 0 1 210 136 V162 A28 28 0 0 1 182 190 H178 V216 L148 190 H126 A28 28 0 0 1 98 162 V136 A28 28 0 0 1 126 108 Z"' \
        -draw 'scale 4,4 fill #FFFFFF path "M74 50 H144 A28 28 0 0 1 172 78 V112 A28 28 0 0 1 144 140 H104 L72 166 V140 A28 28 0 0 1 46 112 V78 A28 28 0 0 1 74 50 Z"' \
        -draw 'scale 4,4 fill #3B5BDB circle 82,95 91,95 circle 109,95 118,95 circle 136,95 145,95' \
        -resize "${side}x${side}" -strip "PNG32:betwixt-$side.png"
done
