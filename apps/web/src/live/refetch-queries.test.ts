import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, expect, test } from 'vitest';
import { refetchQueries } from './refetch-queries.ts';

const queryClient = new QueryClient();
afterEach(() => queryClient.clear());

/** A query on a page, whose responses the test sends. */
function observe(key: string) {
  const responses: PromiseWithResolvers<string>[] = [];
  const observer = new QueryObserver(queryClient, {
    queryKey: [key],
    queryFn: () => {
      const response = Promise.withResolvers<string>();
      responses.push(response);
      return response.promise;
    },
    retry: false,
  });
  observer.subscribe(() => undefined);
  const answer = (index: number, text: string) => responses[index]?.resolve(text);
  const read = () => observer.getCurrentResult().data;
  return { responses, answer, read };
}

test('a change while the first fetch is under way is not lost', async () => {
  const { responses, answer, read } = observe('jobs');
  // Two changes are followed by one fetch.
  const done = [refetchQueries(queryClient, () => true), refetchQueries(queryClient, () => true)];
  answer(0, 'before the change');
  await expect.poll(() => responses.length).toBe(2);
  expect(read()).toBe('before the change');
  answer(1, 'after the change');
  await Promise.all(done);
  expect(read()).toBe('after the change');
  expect(responses).toHaveLength(2);
});

test('a change after a first fetch that failed is fetched', async () => {
  const { responses, answer, read } = observe('jobs');
  const done = refetchQueries(queryClient, () => true);
  responses[0]?.reject(new Error('away'));
  await expect.poll(() => responses.length).toBe(2);
  answer(1, 'after the change');
  await done;
  expect(read()).toBe('after the change');
});

test('only what is affected is fetched again', async () => {
  const [jobs, runs] = [observe('jobs'), observe('runs')];
  jobs.answer(0, 'jobs');
  runs.answer(0, 'runs');
  await expect.poll(() => [jobs.read(), runs.read()]).toEqual(['jobs', 'runs']);
  const done = refetchQueries(queryClient, ({ queryKey }) => queryKey[0] === 'runs');
  await expect.poll(() => runs.responses.length).toBe(2);
  runs.answer(1, 'more runs');
  await done;
  expect(jobs.responses).toHaveLength(1);
});
