import type { JSX } from 'preact';
import { type DeadLetter, redrive } from '../../api/dead-letters';
import { useAction } from '../../live/use-action';
import { Button } from '../../parts/button';
import { ListFoot } from '../../parts/list-foot';
import { ListHead } from '../../parts/list-head';
import { ActionNotice } from '../../parts/notice';
import { Time } from '../../parts/time';
import type { Pages } from '../../parts/use-pages';
import { linkToEvent } from '../../shell/place';

/** The letters one by one, the latest first. */
export function LetterTable({ pages, onChanged }: { pages: Pages<DeadLetter>; onChanged: () => void }): JSX.Element {
  return (
    <section class="card" data-flush aria-label="Letters" ref={pages.region}>
      <ListHead pages={pages} />
      <div class="table-scroll">
        <table data-folds>
          <thead>
            <tr>
              <th>Died</th>
              <th>Event</th>
              <th>Route</th>
              <th>Cause</th>
              <th class="number">Attempts</th>
              <th>
                <span class="only-heard">Acts</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {pages.value?.items.map((letter) => (
              <LetterRow key={letter.id} letter={letter} onChanged={onChanged} />
            ))}
          </tbody>
        </table>
      </div>
      <ListFoot pages={pages} one="dead letter" />
    </section>
  );
}

function LetterRow({ letter, onChanged }: { letter: DeadLetter; onChanged: () => void }): JSX.Element {
  const { id, ref, route, deadAt, event, reason, error, attempts } = letter;
  const action = useAction();
  const sendAgain = () =>
    action.run(async () => {
      await redrive(id);
      onChanged();
      return 'On its way again.';
    });
  return (
    <tr>
      <td>
        <Time at={deadAt} />
      </td>
      <td data-label="Event" class="break wide">
        <a href={linkToEvent(ref)}>{event === null ? 'cannot be decoded' : String(event.type)}</a>
      </td>
      <td data-label="Route" class="code nowrap">
        {route}
      </td>
      <td data-label="Cause">
        <span>
          <strong>{error?.code ?? reason}</strong> <span class="quiet break">{error?.message}</span>
          <ActionNotice action={action} />
        </span>
      </td>
      <td data-label="Attempts" class="number">
        {attempts}
      </td>
      <td class="number">
        <Button size="small" steers disabled={action.isBusy || event === null} onClick={sendAgain}>
          Redrive
        </Button>
      </td>
    </tr>
  );
}
