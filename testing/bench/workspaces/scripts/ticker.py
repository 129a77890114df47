"""Lines at irregular intervals, each with its number and the time at which it was printed."""

import random
import time

if __name__ == "__main__":
    gaps = random.Random(20)
    for number in range(150):
        print(number, time.time_ns())
        time.sleep(gaps.choice((0.002, 0.02, 0.05, 0.1)))
