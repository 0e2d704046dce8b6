#!/usr/bin/env python3
"""Makes the program's sounds beside this file. They are tones of a struck bar: nothing was recorded."""

import math
import struct
import wave
from pathlib import Path

RATE = 22_050


def struck(pitch, at, length, loud):
    """A bar's tone and two of its overtones, which die away the faster the higher they are."""

    def value(t):
        t -= at
        if t < 0:
            return 0.0
        attack = min(t / 0.004, 1.0)
        parts = ((1.0, 1.0, 1.0), (2.76, 0.22, 2.4), (5.4, 0.07, 5.0))
        sums = (
            share * math.exp(-6.0 * fast * t / length) * math.sin(math.tau * pitch * ratio * t)
            for ratio, share, fast in parts
        )
        return loud * attack * sum(sums)

    return value


def write(name, seconds, tones):
    count = int(RATE * seconds)
    samples = []
    for n in range(count):
        t = n / RATE
        fade = min((count - n) / (0.02 * RATE), 1.0)
        samples.append(fade * sum(tone(t) for tone in tones))
    peak = max(abs(sample) for sample in samples)
    data = b"".join(struct.pack("<h", round(sample / peak * 15_000)) for sample in samples)
    with wave.open(str(Path(__file__).with_name(name)), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(data)


# A fifth upwards for a message; two and the octave for somebody new.
write("message.wav", 0.42, [struck(659.26, 0.0, 0.5, 0.8), struck(987.77, 0.09, 0.6, 1.0)])
write(
    "request.wav",
    0.58,
    [
        struck(523.25, 0.0, 0.5, 0.8),
        struck(783.99, 0.11, 0.5, 0.9),
        struck(1046.5, 0.22, 0.6, 1.0),
    ],
)
