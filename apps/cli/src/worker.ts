import { createServerLog, readConfig, startWorker } from '@pumphouse/server/operator';

const exitMs = 3000;

interface WorkerOptions {
  server?: string;
  tokenFile?: string;
  label?: string[];
  capacity?: string;
  drain?: boolean;
}

/**
 * Runs a worker until SIGTERM or SIGINT, or until it has drained. Active runs continue without it, unless
 * `--drain` makes it wait for their ends; a second signal ends it at once.
 */
export async function work(options: WorkerOptions): Promise<void> {
  const config = readConfig({ ...process.env, ...toVariables(options) });
  const log = createServerLog(config);
  const onReady = (name: string) =>
    process.stdout.write(`Worker ${name} is connected to ${config.worker.serverUrl}\n`);
  const worker = await startWorker(config, process.env['npm_package_version'] ?? 'unknown', { onReady }, log);
  let isAsked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (options.drain === true && !isAsked) worker.drain();
      else void worker.stop();
      isAsked = true;
    });
  try {
    await worker.ended;
  } finally {
    // Whatever is still open, the process of a worker that has ended ends too.
    setTimeout(() => process.exit(), exitMs).unref();
  }
}

function toVariables({ server, tokenFile, label, capacity }: WorkerOptions): NodeJS.ProcessEnv {
  return {
    ...(server !== undefined && { PUMPHOUSE_SERVER_URL: server }),
    ...(tokenFile !== undefined && { PUMPHOUSE_WORKER_TOKEN_FILE: tokenFile }),
    ...(label !== undefined && { PUMPHOUSE_LABELS: label.join(',') }),
    ...(capacity !== undefined && { PUMPHOUSE_MAX_ACTIVE_RUNS: capacity }),
  };
}
