/** User code of the conformance suite: behaves as BEHAVIOUR says, tells STARTED_URL that it runs, and exits with the answer. */
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
