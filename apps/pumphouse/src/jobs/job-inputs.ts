import type { JobInputsResponse } from '@pumphouse/contract';
import { toOneLine } from '../terminal/plain-text.ts';
import type { Session } from '../session/session.ts';

/** Reads the inputs that a start of a job takes. */
export async function readJobInputs(session: Session, jobId: string): Promise<JobInputsResponse> {
  const params = { workspace_id: await session.workspaceId(), job_id: jobId };
  return session.client.call('get_job_inputs', { params });
}

/** Writes the inputs as the code declares them: "day: date, count: int = 1". */
export function formatJobInputs({ inputs }: JobInputsResponse): string {
  const texts = inputs
    .filter(({ source }) => source !== 'secret')
    .map(({ name, annotation, default_text: text }) => {
      const typed = annotation === null ? name : `${name}: ${annotation}`;
      return text === null ? typed : `${typed} = ${text}`;
    });
  return toOneLine(texts.join(', '));
}
