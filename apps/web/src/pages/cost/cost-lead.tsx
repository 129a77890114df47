const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

/** What the figures are, and from when on. */
export function CostLead({ countedSince }: { countedSince: string | undefined }) {
  return (
    <>
      Runs hold the cores and memory of their size from start to end, and use a part of them. They count on
      the day (UTC) on which they ended
      {countedSince !== undefined && <>, since {format.format(new Date(`${countedSince}T00:00:00Z`))}</>}.
    </>
  );
}
