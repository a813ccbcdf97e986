import type { JSX } from 'preact';
import { type Check, type Facts, readSystem, type SystemFacts } from '../api/system';
import { useLive } from '../live/use-live';
import { formatBytes, formatCount } from '../parts/format';
import { Notice, RefusalNotice, Waiting } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { formatDuration } from '../parts/relative-time';
import { Badge } from '../parts/state-badge';
import { Time } from '../parts/time';
import { Partitions } from './system/partitions';

const EVERY_MS = 10_000;
/** Checks of what has a screen of the same name. */
const SCREENS = { 'dead-letters': true, approvals: true, servers: true, consumers: true };

/** What runs, on what, and whether it is fit for what it promises. */
export function System(): JSX.Element {
  const { value, refusal } = useLive(readSystem, EVERY_MS, []);
  return (
    <>
      <PageHead title="System">what runs, on what, and whether it is fit for what it promises</PageHead>
      <div class="stack">
        <RefusalNotice refusal={refusal} />
        {value === undefined && refusal === undefined && <Waiting />}
        {value !== undefined && <Findings system={value} />}
      </div>
    </>
  );
}

function Findings({ system }: { system: SystemFacts }): JSX.Element {
  const { versions, startedAt, durability, redis, settings, partitions, checks } = system;
  return (
    <>
      {durability.problems.map((problem) => (
        <Notice key={problem} tone="bad">
          {problem}
        </Notice>
      ))}
      <Checks checks={checks} />
      <Partitions busiest={partitions.busiest} />
      <div class="cards">
        <FactCard title="Versions" facts={{ ...versions, startedAt }} />
        {redis !== null && <FactCard title="Redis" facts={redis} />}
        <FactCard title="Settings of the stream" facts={settings} />
      </div>
    </>
  );
}

/** What is wrong first. */
function Checks({ checks }: { checks: readonly Check[] }): JSX.Element {
  const sorted = [...checks].sort((a, b) => Number(a.ok) - Number(b.ok));
  return (
    <section class="card" data-flush aria-label="Checks">
      <div class="card-head">
        <h2>Checks</h2>
        <span class="quiet">
          the same as <code>npm run millrace -- doctor</code>
        </span>
      </div>
      <div class="table-scroll">
        <table data-folds>
          <thead>
            <tr>
              <th>Check</th>
              <th>Result</th>
              <th>Found</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map(({ name, ok, found, mend }) => (
              <tr key={name}>
                <td>{name in SCREENS ? <a href={name}>{name}</a> : name}</td>
                <td data-label="Result">
                  {ok ? (
                    <Badge tone="good" icon="done" word="fine" />
                  ) : (
                    <Badge tone="bad" icon="warn" word="not fine" />
                  )}
                </td>
                <td data-label="Found">
                  <span class="break">
                    {found}
                    {mend !== undefined && (
                      <>
                        <br />
                        <span class="quiet">To mend it: {mend}</span>
                      </>
                    )}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function FactCard({ title, facts }: { title: string; facts: Facts }): JSX.Element {
  return (
    <section class="card stack-tight" aria-label={title}>
      <h2>{title}</h2>
      <dl class="facts">
        {Object.entries(facts).map(([name, fact]) => (
          <>
            <dt>{toWords(name)}</dt>
            <dd>
              <Fact name={name} fact={fact} />
            </dd>
          </>
        ))}
      </dl>
    </section>
  );
}

/** A fact in the unit that its name ends in. */
function Fact({ name, fact }: { name: string; fact: unknown }): JSX.Element {
  if (fact === null) return <span class="quiet">unknown</span>;
  if (typeof fact === 'boolean') return <>{fact ? 'yes' : 'no'}</>;
  if (typeof fact === 'string') return name.endsWith('At') || name === 'at' ? <Time at={fact} /> : <code>{fact}</code>;
  if (typeof fact !== 'number') return <code class="break">{JSON.stringify(fact)}</code>;
  if (name.endsWith('Ms')) return <>{formatDuration(fact)}</>;
  if (name.endsWith('Seconds')) return <>{formatDuration(fact * 1_000)}</>;
  if (name === 'maxBytes' && fact === 0) return <span class="quiet">no limit</span>;
  return <>{name.endsWith('Bytes') ? formatBytes(fact) : formatCount(fact)}</>;
}

/** `record ttl` for `recordTtlMs`. */
function toWords(name: string): string {
  return name.replace(/(Ms|Bytes|Seconds)$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
