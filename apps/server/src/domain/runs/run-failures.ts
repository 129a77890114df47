import { isKeyOf } from '../primitives/typed-record.ts';

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
    // Advice about the exception replaces this if its type and origin tell what to do (`advice/`).
    nextStep: 'Read the end of the log, correct what it names, and start the job again.',
    // A source or a destination may recover.
    mayPass: true,
  },
  check_failed: {
    title: 'Check failed',
    cause:
      'The code of the run completed, but a pipeline run did not meet a check of the configuration with `on_failure = "fail"`.',
    nextStep:
      'Compare what the run loaded with `[pumphouse.pipelines.<name>]`, correct the source or the check, and start the job again.',
    // The data is loaded: another attempt would load it again.
    mayPass: false,
  },
  killed: {
    title: 'Killed by a signal',
    cause: 'The process of the run was ended by a signal that Pumphouse did not send.',
    nextStep:
      'Check for a crash in a native library, and for a person or program on the machine that kills processes.',
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
    cause: 'The machine of the run had no memory left, and its kernel killed the run.',
    nextStep:
      "Start the job again when the machine has free memory; ask the server's operator to allow fewer or smaller concurrent runs.",
    mayPass: true,
  },
  process_limit: {
    title: 'Too many processes',
    cause: 'The run failed after it reached its limit of processes and threads.',
    nextStep:
      'Start fewer workers, or give the job a larger instance; look for code that starts processes without end.',
    mayPass: true,
  },
  disk_limit: {
    title: 'Out of disk space',
    cause: 'The run had written more to the disk than it may use, and was ended.',
    nextStep:
      "Remove files that are no longer needed while the run works, load in smaller pieces, or give the job a larger instance; ask the server's operator for the limit of each size.",
    // The required space depends on the data to load at the time.
    mayPass: true,
  },
  timed_out: {
    title: 'Timed out',
    cause: 'The run took longer than its timeout and was stopped.',
    nextStep: 'Raise `timeout` in `execute` of the job, or load less in one run.',
    mayPass: true,
  },
  app_never_listened: {
    title: 'App did not answer',
    cause: 'The app was started and did not answer on its port.',
    nextStep:
      'Read the log for the cause; let the code listen on the port of its run arguments (that of its `http:` trigger, else 5000) on all addresses, and not on another one.',
    mayPass: true,
  },
  start_deadline_passed: {
    title: 'Start deadline passed',
    cause: 'The run had not started by its start deadline.',
    nextStep:
      'Start the job again when a slot is free; set a higher `concurrency` or `priority`, or a longer `start_deadline`.',
    // A retry would start even later.
    mayPass: false,
  },
  attempt_lost: {
    title: 'Process lost',
    cause:
      'The process of the run disappeared without an exit record: it was killed, or the machine restarted.',
    nextStep: 'Start the job again. If it happens again, check the system log of the machine for the cause.',
    mayPass: true,
  },
  evicted: {
    title: 'Evicted from its node',
    cause:
      'Kubernetes ended the pod of the run: its node was drained, shut down, or low on memory or disk space.',
    nextStep:
      'Start the job again. If it happens again, check what takes the memory and the disk of the node, and when nodes are drained.',
    mayPass: true,
  },
  preempted: {
    title: 'Preempted',
    cause: 'Kubernetes ended the pod of the run to make room for a pod of a higher priority.',
    nextStep:
      "Start the job again. Ask the server's operator for a priority class for runs if it happens often.",
    mayPass: true,
  },
  node_lost: {
    title: 'Node lost',
    cause: 'The node of the pod of the run stopped answering and was given up, or was removed.',
    nextStep: 'Start the job again. If it happens again, check the nodes of the cluster.',
    mayPass: true,
  },
  pod_deleted: {
    title: 'Pod deleted',
    cause: 'The pod of the run was deleted by a person or a program other than Pumphouse.',
    nextStep: 'Start the job again. If it happens again, check who deletes pods in the namespace of runs.',
    mayPass: true,
  },
  pod_not_scheduled: {
    title: 'No node for the pod',
    cause: 'No node of the cluster could run the pod of the run before its deadline.',
    nextStep:
      'Give the job a smaller instance, or start it again when nodes have room; ask the operator to add nodes.',
    mayPass: true,
  },
  pod_not_started: {
    title: 'Pod did not start',
    cause: 'The pod of the run got a node and did not start there before its deadline.',
    nextStep:
      "Ask the server's operator to check the events of the pod: its volumes, its secrets and the node.",
    mayPass: true,
  },
  attempt_unknown: {
    title: 'Lost contact with the run',
    cause:
      'No server could reach the run, and the run had to end. Its process may continue until it calls the server.',
    nextStep:
      'Make sure that it has stopped on the machine or container engine named in the log, then start the job again.',
    // The process may still be running: a second attempt could write the same data twice.
    mayPass: false,
  },
  python_not_found: {
    title: 'Python version not found',
    cause: 'The Python version that the deployment requires is not installed on the machine.',
    nextStep:
      'Ask the operator to install that version there, or follow the advice for your client in the reason of the run.',
    // An operator must install it.
    mayPass: false,
  },
  requirements_failed: {
    title: 'Requirements could not be installed',
    cause: 'The requirements of the deployment cannot be resolved or built; the output of uv is in the log.',
    nextStep: 'Correct the requirements (`uv pip compile` shows the same on your machine) and deploy again.',
    // The same requirements fail again; uv itself has retried indexes that did not answer.
    mayPass: false,
  },
  builder_failed: {
    title: 'Environment could not be built',
    cause: 'The environment of the run could not be built, for a reason other than its requirements.',
    nextStep: "Start the job again. If it fails again, send the log to the server's operator.",
    mayPass: true,
  },
  requirements_invalid_manifest: {
    title: 'Requirements cannot be read',
    cause: 'The list of requirements in the deployment cannot be read.',
    nextStep: 'Deploy again with a dlt client that the server supports.',
    mayPass: false,
  },
  requirements_invalid_package_sources: {
    title: 'Package sources cannot be used',
    cause: 'A package index or source in pyproject.toml of the deployment cannot be used.',
    nextStep: 'Correct the table `tool.uv` of pyproject.toml, then deploy again.',
    mayPass: false,
  },
  requirements_missing_group: {
    title: 'Dependency group missing',
    cause: 'The job requires a dependency group that the deployment does not have.',
    nextStep: 'Add the group to pyproject.toml or remove it from `require` of the job, then deploy again.',
    mayPass: false,
  },
  requirements_local_requirement: {
    title: 'Requirement on a local file',
    cause: 'A requirement refers to a file of the machine that deployed it.',
    nextStep: 'Publish the package to an index or refer to it by URL, then deploy again.',
    mayPass: false,
  },
  requirements_unsupported_line: {
    title: 'Requirement not supported',
    cause: 'A line of the requirements is an installer option or not valid.',
    nextStep:
      'Remove the line, then deploy again. Declare an index in pyproject.toml, or set the variable UV_DEFAULT_INDEX. Put the lines of another file (`-r base.txt`) into the file itself or into pyproject.toml.',
    mayPass: false,
  },
  executor_image: {
    title: 'Image not usable',
    cause: 'The image of the run is missing or cannot be used.',
    nextStep: "Ask the server's operator to check its images.",
    // An operator must fix the image.
    mayPass: false,
  },
  executor_quota: {
    title: 'No capacity for the run',
    cause: 'The executor has no capacity for the run.',
    nextStep: 'Wait until other runs have ended or ask for a higher quota, then start the job again.',
    // Other runs end and free capacity.
    mayPass: true,
  },
  executor_config: {
    title: 'Run cannot be started',
    cause: 'The run cannot be started with its configuration.',
    nextStep:
      'Correct what the log names and start the job again. Settings of the server are changed by its operator.',
    mayPass: false,
  },
  stopped_before_start: {
    title: 'Stopped before its code started',
    cause: 'The process of the run received a stop signal from outside before its code started.',
    nextStep: 'Start the job again.',
    mayPass: true,
  },
  download_failed: {
    title: 'Code could not be downloaded',
    cause: 'The code or the configuration of the run did not arrive completely on the machine of the run.',
    nextStep:
      'Start the job again. If it fails again, check the disk of that machine and proxies between it and the server.',
    mayPass: true,
  },
  local_data_not_stored: {
    title: 'Local data not stored',
    cause:
      'The code of the run completed, but its changes of the local data could not be stored: another run has changed the same database, or the data is too large.',
    nextStep:
      'Rows that the run loaded with dlt into local data are kept as pending packages: the next run of the pipeline loads them first, and `pumphouse pipeline finish <pipeline>` does so without asking its sources. Other files that the run wrote there are gone. What it loaded elsewhere is loaded: starting the job again loads that once more. Name the database package in the requirements, so that runs wait for each other.',
    // Never repeated by default: the code has completed.
    mayPass: true,
  },
  unpack_failed: {
    title: 'Code could not be unpacked',
    cause: 'The code or the configuration of the run could not be unpacked.',
    nextStep: 'Check the free disk space. If there is enough, deploy again.',
    // The archive does not change, and a full disk stays full for longer than retries last.
    mayPass: false,
  },
  work_folder_failed: {
    title: 'Work folder could not be prepared',
    cause: 'The work folder of the run could not be prepared.',
    nextStep: "Ask the server's operator to check the permissions and the free space of its data folder.",
    // Permissions or disk space of the data folder: an operator must check.
    mayPass: false,
  },
  environment_missing: {
    title: 'Environment missing',
    cause: 'The environment was removed while the run started.',
    nextStep: 'Start the job again: the environment is rebuilt.',
    // The next attempt builds it again.
    mayPass: true,
  },
  launcher_failed: {
    title: 'Python could not be started',
    cause: 'The Python of the environment could not be executed.',
    nextStep:
      "Deploy with other requirements to get a new environment, and send the log to the server's operator.",
    // Arguments or variables are too long, or Python does not match the machine.
    mayPass: false,
  },
  sandbox_failed: {
    title: 'Sandbox could not be created',
    cause: 'The sandbox of the run could not be created.',
    nextStep: "Ask the server's operator to check `/readyz`, which reports what the sandbox lacks.",
    // A machine that is temporarily short of memory or processes cannot create one either.
    mayPass: true,
  },
  network_failed: {
    title: 'Network could not be created',
    cause: 'The isolated network of the run could not be created.',
    nextStep: "Ask the server's operator to check `pasta` (package passt) and its messages.",
    mayPass: true,
  },
  bootstrap_failed: {
    title: 'Run could not be started',
    cause: 'The process that starts the run failed before its code started.',
    nextStep: 'Start the job again. If it fails again, report it with the log: it is a bug in Pumphouse.',
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
  return isKeyOf(runFailures, word) ? word : 'bootstrap_failed';
}
