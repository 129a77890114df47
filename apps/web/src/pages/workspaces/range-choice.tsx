import { SegmentedControl } from '@mantine/core';
import { rangeLabels, usageRanges, type UsageRange } from './usage-range.ts';

interface RangeChoiceProps {
  range: UsageRange | undefined;
  onChoose: (range: UsageRange | undefined) => void;
}

export function RangeChoice({ range, onChoose }: RangeChoiceProps) {
  return (
    <SegmentedControl
      size="xs"
      aria-label="Time range"
      value={range ?? 'month'}
      data={(['month', ...usageRanges] as const).map((value) => ({ value, label: rangeLabels[value] }))}
      onChange={(value) => onChoose(value === 'month' ? undefined : value)}
    />
  );
}
