/**
 * User code of the conformance suite: behaves as BEHAVIOUR says, reports its start to STARTED_URL, and exits
 * with the code in the response.
 */
export const conformanceProgram = `
import os, signal, subprocess, sys, threading, time, urllib.request

behaviour = os.environ["BEHAVIOUR"]
if behaviour == "ignores-term":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    def leave(*_):
        time.sleep(0.1)
        os._exit(3)
    signal.signal(signal.SIGTERM, leave)
if behaviour == "leaves-child":
    ignore = lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["sleep", "600"], start_new_session=True, preexec_fn=ignore)
answer = urllib.request.urlopen(os.environ["STARTED_URL"]).read()
os._exit(int(answer))
`;

/** An app that echoes on APP_PORT, over IPv4 and IPv6, and reports its addresses. */
export const appProgram = `
import json, os, socket, sys, threading, urllib.parse, urllib.request

def list_addresses():
    server = urllib.parse.urlsplit(os.environ["STARTED_URL"])
    with socket.create_connection((server.hostname, server.port)) as connection:
        yield connection.getsockname()[0]
    try:
        lines = open("/proc/net/if_inet6").read().splitlines()
    except OSError:
        return
    for number, _index, _prefix, _scope, _flags, name in map(str.split, lines):
        address = ":".join(number[at : at + 4] for at in range(0, 32, 4))
        yield f"{address}%{name}" if address.startswith("fe80") else address

def listen(port):
    try:
        return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    except (OSError, ValueError):
        return socket.create_server(("0.0.0.0", port))

def echo(connection):
    while piece := connection.recv(65536):
        connection.sendall(piece)
    connection.shutdown(socket.SHUT_WR)

def serve(listener):
    while True:
        threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()

listener = listen(int(os.environ["APP_PORT"]))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
urllib.request.urlopen(os.environ["REPORT_URL"], json.dumps(list(list_addresses())).encode())
os._exit(int(urllib.request.urlopen(os.environ["STARTED_URL"]).read()))
`;

/** Reports which of ADDRESSES echo on APP_PORT. */
export const callerProgram = `
import json, os, socket, urllib.request

def is_echoed(address):
    try:
        with socket.create_connection((address, int(os.environ["APP_PORT"])), 2) as connection:
            connection.sendall(b"hello")
            return connection.recv(5) == b"hello"
    except OSError:
        return False

reached = [address for address in json.loads(os.environ["ADDRESSES"]) if is_echoed(address)]
urllib.request.urlopen(os.environ["REPORT_URL"], json.dumps(reached).encode())
`;
