import { Notice } from '../ui/notice.tsx';
import { explainReason } from './delivery-states.ts';

/** The result of a test of the target `name`. */
export interface TestResult {
  name: string;
  result: { reason: string | null; answer: string | null };
}

/** Says why a test was not delivered. */
export function TestNotice({ name, result }: TestResult) {
  return (
    <Notice>
      <strong>The test of {name} was not delivered.</strong> {explainReason(result.reason)}
      {result.answer ? ` Its answer: ${result.answer}` : ''}
    </Notice>
  );
}
