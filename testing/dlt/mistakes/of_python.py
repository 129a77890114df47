"""Mistakes that need no library."""

import asyncio
import json
import os
import socket
import subprocess
import urllib.request


def missing_key():
    {"a": 1}["b"]


def missing_item():
    [][3]


def wrong_type():
    "1" + 1


def missing_attribute():
    "text".uper()


def misspelled_name():
    print(orders)  # noqa: F821


def wrong_number():
    int("many")


def divided_by_zero():
    1 / 0


def failed_assertion():
    assert os.environ.get("ROWS") == "3"


def syntax_error():
    with open("broken.py", "w") as file:
        file.write("prices = {\n")
    import broken  # noqa: F401


def missing_package():
    import shop_parser.prices  # noqa: F401


def missing_key_while_handling():
    try:
        import shop_parser  # noqa: F401
    except ImportError:
        {"a": 1}["b"]


def missing_name():
    from json import loadz  # noqa: F401


def proprietary_package():
    import dlthub  # noqa: F401


def missing_file():
    open("orders.csv")


def forbidden_file():
    # Root may open every file.
    os.seteuid(65534)
    try:
        open("/etc/shadow")
    finally:
        os.seteuid(os.getuid())


def full_disk():
    with open("/dev/full", "w") as file:
        file.write("rows" * 10)


def missing_program():
    subprocess.run(["no-such-program"])


def failed_program():
    subprocess.run(["false"], check=True)


def wrong_encoding():
    b"caf\xe9".decode("utf-8")


def no_json():
    json.loads("<html>")


def too_much_memory():
    bytearray(1 << 62)


def endless_recursion():
    endless_recursion()


def refused_by_socket():
    socket.create_connection(("127.0.0.1", 1))


def unknown_host_of_urllib():
    urllib.request.urlopen("http://shop.invalid/orders")


def late_task():
    asyncio.run(asyncio.wait_for(asyncio.sleep(60), 0.01))


def silent_server():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname(), timeout=0.01) as client:
            client.recv(1)


class PriceError(Exception):
    """An exception of user code."""


def own_exception():
    raise PriceError("no price for b")


def own_runtime_error():
    raise RuntimeError("the API is closed")


def interrupted():
    raise KeyboardInterrupt


mistakes = [
    missing_key,
    missing_item,
    wrong_type,
    missing_attribute,
    misspelled_name,
    wrong_number,
    divided_by_zero,
    failed_assertion,
    syntax_error,
    missing_package,
    missing_key_while_handling,
    missing_name,
    proprietary_package,
    missing_file,
    forbidden_file,
    full_disk,
    missing_program,
    failed_program,
    wrong_encoding,
    no_json,
    too_much_memory,
    endless_recursion,
    refused_by_socket,
    unknown_host_of_urllib,
    late_task,
    silent_server,
    own_exception,
    own_runtime_error,
    interrupted,
]
