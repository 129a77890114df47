/**
 * Tries to sign in repeatedly, each time as another user from another address: `node sign-in-flood.ts <url>
 * <a second> <seconds>`. A separate process, so that it does not slow down the measurement. Prints the number
 * of responses by status.
 */
import { Agent, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

const [url = '', rate = '1000', seconds = '5'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 200 });

async function send(path: string, headers: Record<string, string>, body?: string) {
  const asked = request(new URL(path, url), { agent, method: body === undefined ? 'GET' : 'POST', headers });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: await text(answer) };
}

const page = await send('/sign-in', {});
const cookie = page.headers['set-cookie']?.map((line) => line.split(';', 1)[0]).join('; ') ?? '';
const token = /name="form_token" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
const statuses: Record<string, number> = {};
const under: Promise<void>[] = [];

async function tryOnce(number: number): Promise<void> {
  const form = { form_token: token, email: `${number}@example.com`, password: 'a guess of many' };
  const headers = {
    cookie,
    'content-type': 'application/x-www-form-urlencoded',
    'x-forwarded-for': `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`,
  };
  const outcome = await send('/sign-in', headers, new URLSearchParams(form).toString()).then(
    ({ status }) => String(status),
    (error: Error) => error.message,
  );
  statuses[outcome] = (statuses[outcome] ?? 0) + 1;
}

const began = performance.now();
const total = Number(rate) * Number(seconds);
for (let number = 0; number < total; number += 1) {
  under.push(tryOnce(number));
  // In slices of a tenth of a second.
  const due = began + (number / Number(rate)) * 1000;
  if (number % Math.ceil(Number(rate) / 10) === 0 && due > performance.now())
    await delay(due - performance.now());
}
await Promise.all(under);
process.stdout.write(`${JSON.stringify({ statuses, seconds: (performance.now() - began) / 1000 })}\n`);
