import type { WorkerTokenResponse } from '@pumphouse/contract';
import { SecretOnce } from '../../forms/secret-once.tsx';
import { CommandLine } from '../../ui/copy-text.tsx';
import { apiBaseUrl } from '../../api/base-url.ts';

interface WorkerTokenProps {
  created: WorkerTokenResponse;
  onClose: () => void;
}

/** Shows the token of a worker, and how to start the worker with it. */
export function WorkerToken({ created: { name, token }, onClose }: WorkerTokenProps) {
  return (
    <SecretOnce title={`Token of worker ${name}`} what="token" secret={token} onClose={onClose}>
      <p>
        Write it to a file on the machine of the worker that only its user can read. Install the release of
        this server there, then start the worker:
      </p>
      <CommandLine command={`bin/pumphouse worker --server ${apiBaseUrl} --token-file FILE`} />
    </SecretOnce>
  );
}
