const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

/** What the figures are, and from when on. */
export function CostLead({ countedSince }: { countedSince: string | undefined }) {
  return (
    <>
      Cores and memory that runs hold from start to end, by the day (UTC) on which they end
      {countedSince !== undefined && <>, since {format.format(new Date(`${countedSince}T00:00:00Z`))}</>}.
    </>
  );
}
