import time

if __name__ == "__main__":
    print(time.time_ns())
