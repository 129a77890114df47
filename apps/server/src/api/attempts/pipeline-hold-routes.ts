import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { HoldPipelines } from '../../services/pipelines/hold-pipelines.ts';
import { z } from 'zod';
import { parse, readJson } from './attempt-input.ts';

const bodyLimit = 16 * 1024;

/** User code chooses it, and it is shown in logs. Postgres takes no NUL. */
const name = z
  .string()
  .min(1)
  .max(500)
  .transform((text) => text.replaceAll('\0', '\ufffd').toWellFormed());

const holdRequest = z.object({
  pipeline: name,
  dataset: z.object({ destination: name, name }).nullable(),
});

const attemptId = z.string().max(50);
const holdQuestion = holdRequest.extend({
  file_waits: z
    .array(z.tuple([attemptId, attemptId]))
    .max(100)
    .default([]),
});

/** Registers the calls with which bootstraps ask for the pipelines that user code is about to write with. */
export function registerPipelineHoldRoutes(
  scope: FastifyInstance,
  prefix: string,
  holdPipelines: HoldPipelines,
  idOf: (request: FastifyRequest) => string,
): void {
  scope.post(`${prefix}/-hold-pipeline`, { bodyLimit }, async (request) => {
    const { file_waits: fileWaits, ...question } = parse('body', holdQuestion, readJson(request.body));
    const answer = await holdPipelines.ask(idOf(request), question, fileWaits);
    if (answer.state === 'held') return { state: answer.state };
    return { state: answer.state, detail: answer.detail, pause_seconds: answer.pauseSeconds };
  });

  scope.post(`${prefix}/-stop-waiting-for-pipeline`, { bodyLimit }, async (request) => {
    const question = parse('body', holdRequest, readJson(request.body));
    await holdPipelines.withdraw(idOf(request), question);
    return {};
  });
}
