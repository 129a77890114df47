/** Runs until a file appears, which these tests never create. */
export const waitingScript = `
import os, time

print("begun", flush=True)
while not os.path.exists(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/go"):
    time.sleep(0.05)
`;
