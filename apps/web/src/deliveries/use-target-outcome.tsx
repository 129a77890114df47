import type { ReactNode } from 'react';
import { useState } from 'react';
import { Outcome } from '../forms/change-form.tsx';
import { TestNotice, type TestResult } from './test-notice.tsx';

interface TargetOutcome {
  /** What the last action resulted in. */
  notice: ReactNode;
  /** Null if the action shows its result itself. */
  showOutcome: (text: string | null) => void;
  /** `accepted`: the text for a test that was delivered. */
  showTest: (name: string, result: TestResult['result'] & { status: string }, accepted: string) => void;
}

/** Keeps the result of the last action with a target of deliveries, for its page. */
export function useTargetOutcome(): TargetOutcome {
  const [outcome, setOutcome] = useState<string | null>(null);
  const [failedTest, setFailedTest] = useState<TestResult | null>(null);
  return {
    notice: (
      <>
        <Outcome text={outcome} />
        {failedTest && <TestNotice {...failedTest} />}
      </>
    ),
    showOutcome(text) {
      setFailedTest(null);
      setOutcome(text);
    },
    showTest(name, result, accepted) {
      const isDelivered = result.status === 'delivered';
      setOutcome(isDelivered ? accepted : null);
      setFailedTest(isDelivered ? null : { name, result });
    },
  };
}
