"""
A template: a process that has imported dlt and forks a run for each request.

It runs in a sandbox as the workspace's user, without capabilities, work folder, configuration or secret. Each run gets
namespaces of its own, which it creates itself:

    template --clone--> init (pid 1 of the run): waits for its attempt, mounts its folders, reports the end
                 init --fork--> user code (pid 2): no capabilities; unpacks, then runs the launcher

The parent of the template is that of init, too, and reaps it; when the template has ended, the sandbox's first process does.

Standard library only, for every Python version that dlt supports: the interpreter is the environment's. One thread
only, because a lock that another thread holds during a fork is never released in the child.
"""
