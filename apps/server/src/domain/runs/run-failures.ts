/** What happened to a failed run, and what the reader can do next. */
interface RunFailureMeaning {
  /** A short heading. */
  title: string;
  cause: string;
  nextStep: string;
  /** False if another attempt is certain to fail too: there is no retry, whatever `retries` says. */
  mayPass: boolean;
}

/**
 * Reasons why runs fail. A published code keeps its meaning; the detail of one run may be more specific than
 * `cause`.
 */
export const runFailures = {
  exit_code: {
    title: 'Exit code other than 0',
    cause: 'The code of the run ended with an exit code other than 0, most often by an exception.',
    nextStep:
      'Read the traceback in the log, correct the code or its configuration, and start the job again.',
    // A source or a destination may recover.
    mayPass: true,
  },
  killed: {
    title: 'Killed by a signal',
    cause: 'The process of the run was ended by a signal that nobody here had asked for.',
    nextStep:
      'Look for a crash in a native library, or for somebody or something on the machine that kills processes.',
    mayPass: true,
  },
  out_of_memory: {
    title: 'Out of memory',
    cause: 'The run needed more memory than it may use and was killed.',
    nextStep:
      'Load in smaller pieces (chunks, `max_table_nesting`, fewer workers), or give the job a larger instance: `require={"instance": {"size": ...}}`.',
    // The required memory depends on the data to load at the time.
    mayPass: true,
  },
  machine_out_of_memory: {
    title: 'Machine out of memory',
    cause: 'The machine of the run had no memory left, and its kernel chose the run to be ended.',
    nextStep:
      'Start the job again when the machine has room; have whoever runs the server allow fewer runs at once, or smaller ones.',
    mayPass: true,
  },
  process_limit: {
    title: 'Too many processes',
    cause: 'The run failed after it had been refused a process or thread: it had as many as it may have.',
    nextStep:
      'Start fewer workers, or give the job a larger instance; look for code that starts processes without end.',
    mayPass: true,
  },
  timed_out: {
    title: 'Timed out',
    cause: 'The run took longer than its timeout and was stopped.',
    nextStep: 'Raise `timeout` in `execute` of the job, or give it less to do in one run.',
    mayPass: true,
  },
  app_never_listened: {
    title: 'App did not answer',
    cause: 'The app was started and did not answer on the port that it was given.',
    nextStep:
      'Read the log for what kept it; have the code listen on the port of its run arguments (that of its `http:` trigger, else 5000) on all addresses, and not on another one.',
    mayPass: true,
  },
  start_deadline_passed: {
    title: 'Start deadline passed',
    cause: 'The run had not begun by its start deadline.',
    nextStep:
      'Start the job again when there is room; allow it more at once (`concurrency`), a higher `priority`, or a longer `start_deadline`.',
    // A retry would start even later.
    mayPass: false,
  },
  attempt_lost: {
    title: 'Process lost',
    cause:
      'The process of the run is gone and left no record of its end: it was killed, or the machine restarted.',
    nextStep: 'Start the job again; if it happens again, look into the log of the machine for what kills it.',
    mayPass: true,
  },
  attempt_unknown: {
    title: 'Lost contact with the run',
    cause:
      'No server could see the place where the run went on, and the run was to end. It may still go on there until it calls the server.',
    nextStep:
      'Make sure that it does not go on, on the machine or the container engine that the log names, then start the job again.',
    // The process may still be running: a second attempt could write the same data twice.
    mayPass: false,
  },
  python_not_found: {
    title: 'Python version not found',
    cause: 'The Python version that the deployment asks for is not on the machine.',
    nextStep: 'Install that version there, or deploy from an environment with one that it has.',
    // An operator must install it.
    mayPass: false,
  },
  requirements_failed: {
    title: 'Requirements could not be installed',
    cause: 'The requirements of the deployment cannot be resolved or built; the words of uv are in the log.',
    nextStep: 'Correct the requirements (`uv pip compile` shows the same on your machine) and deploy again.',
    // The same requirements fail again; uv itself has retried indexes that did not answer.
    mayPass: false,
  },
  builder_failed: {
    title: 'Environment could not be built',
    cause: 'The environment of the run could not be built, for a reason that is not in its requirements.',
    nextStep: 'Start the job again; if it stays, show the log to whoever runs the server.',
    mayPass: true,
  },
  requirements_invalid_manifest: {
    title: 'Requirements cannot be read',
    cause: 'The list of requirements that came with the deployment cannot be read.',
    nextStep: 'Deploy again with a dlt client that the server supports.',
    mayPass: false,
  },
  requirements_missing_group: {
    title: 'Dependency group missing',
    cause: 'The job asks for a dependency group that the deployment does not have.',
    nextStep: 'Add the group to pyproject.toml, or take it out of `require` of the job, and deploy again.',
    mayPass: false,
  },
  requirements_local_requirement: {
    title: 'Requirement on a local file',
    cause: 'A requirement points to a file of the machine from which it was deployed.',
    nextStep: 'Publish the package to an index, or name it by a URL, and deploy again.',
    mayPass: false,
  },
  requirements_unsupported_line: {
    title: 'Requirement not supported',
    cause: 'A line of the requirements is an option of the installer, or is not understood.',
    nextStep: 'Take the line out; set an index as the variable UV_DEFAULT_INDEX. Then deploy again.',
    mayPass: false,
  },
  executor_image: {
    title: 'Image not usable',
    cause: 'The image in which the run was to start is not there or cannot be used.',
    nextStep: 'Have whoever runs the server look at its images.',
    // An operator must fix the image.
    mayPass: false,
  },
  executor_quota: {
    title: 'No room for the run',
    cause: 'The place where the run was to start has no room for it.',
    nextStep: 'Wait until other runs are done or have the quota raised, then start the job again.',
    // Other runs end and free capacity.
    mayPass: true,
  },
  executor_config: {
    title: 'Run cannot be started',
    cause: 'The run cannot be started as it is set up.',
    nextStep:
      'Correct what the log names and start the job again; what is set up on the server is for whoever runs it.',
    mayPass: false,
  },
  stopped_before_start: {
    title: 'Stopped before its code started',
    cause: 'The process of the run was told to stop, from outside, before its code had started.',
    nextStep: 'Start the job again.',
    mayPass: true,
  },
  download_failed: {
    title: 'Code could not be downloaded',
    cause: 'The code or the configuration of the run did not arrive whole at the place where it runs.',
    nextStep:
      'Start the job again; if it stays, look at the disk there and at proxies between it and the server.',
    mayPass: true,
  },
  unpack_failed: {
    title: 'Code could not be unpacked',
    cause: 'The code or the configuration of the run could not be unpacked.',
    nextStep: 'Look at the free space of the disk; if there is enough, deploy again.',
    // The archive does not change, and a full disk stays full for longer than retries last.
    mayPass: false,
  },
  work_folder_failed: {
    title: 'Work folder could not be prepared',
    cause: 'The folder of the run could not be prepared.',
    nextStep: 'Have whoever runs the server look at the rights and the free space of its data folder.',
    // Permissions or disk space of the data folder: an operator must check.
    mayPass: false,
  },
  environment_missing: {
    title: 'Environment missing',
    cause: 'The environment of the run was removed while the run started.',
    nextStep: 'Start the job again: the environment is built anew.',
    // The next attempt builds it again.
    mayPass: true,
  },
  launcher_failed: {
    title: 'Python could not be started',
    cause: 'The Python of the environment could not be executed.',
    nextStep:
      'Deploy with other requirements to have an environment built anew; show the log to whoever runs the server.',
    // Arguments or variables are too long, or Python does not match the machine.
    mayPass: false,
  },
  sandbox_failed: {
    title: 'Sandbox could not be created',
    cause: 'The sandbox of the run could not be made.',
    nextStep: 'Have whoever runs the server look at `/readyz`, which says what the sandbox lacks.',
    // A machine that is temporarily short of memory or processes cannot create one either.
    mayPass: true,
  },
  network_failed: {
    title: 'Network could not be created',
    cause: 'The network of its own that the run was to have could not be made.',
    nextStep: 'Have whoever runs the server look at `pasta` (package passt) and at what it said.',
    mayPass: true,
  },
  bootstrap_failed: {
    title: 'Run could not be started',
    cause: 'The process that starts runs failed before the code of this one had started.',
    nextStep: 'Start the job again; if it stays, report it with the log: it is a mistake in Pumphouse.',
    mayPass: true,
  },
} as const satisfies Record<string, RunFailureMeaning>;

/** Code of a reason why runs fail. */
export type RunFailureCode = keyof typeof runFailures;

/** Why one run failed. */
export interface RunFailureReason {
  code: RunFailureCode;
  detail: string;
}

/** Reads a failure code that an attempt reports; an unknown one counts as a failure of the bootstrap. */
export function readRunFailureCode(word: string): RunFailureCode {
  return Object.hasOwn(runFailures, word) ? (word as RunFailureCode) : 'bootstrap_failed';
}
