import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { changePartitions } from '../../api/partitions';
import { useAction } from '../../live/use-action';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { Choice } from '../../parts/field';
import { ActionNotice } from '../../parts/notice';

/** As many as there can be, as the operator has it. */
const MAX_PARTITIONS = 4_096;
/** What they can be multiplied by with one press. */
const TIMES = [2, 3, 4, 6, 8, 16];

/** Asks how many there are to be, and has so many once somebody has said yes. It cannot be taken back. */
export function MorePartitions({ now, onClose }: { now: number; onClose: () => void }): JSX.Element {
  const wanted = TIMES.map((times) => String(now * times)).filter((count) => Number(count) <= MAX_PARTITIONS);
  const [chosen, setChosen] = useState(wanted[0] ?? '');
  const action = useAction();
  const change = () =>
    action.run(async () => {
      await changePartitions(Number(chosen));
      onClose();
      return 'Changed.';
    });
  return (
    <Dialog title="Have more partitions" onClose={onClose}>
      <p>
        From when it is done, new events find their partition by the new number; what came in before is worked on where
        it is. No event is refused, repeats are recognised, and keys keep their order. It cannot be taken back.
      </p>
      {wanted.length === 0 ? (
        <p>There are as many as there can be.</p>
      ) : (
        <Choice
          name={`So many, instead of ${now}`}
          value={chosen}
          options={wanted.map((count) => [count, count] as const)}
          onChange={setChosen}
        />
      )}
      <ActionNotice action={action} />
      <div class="dialog-foot">
        <Button onClick={onClose}>Leave it at {now}</Button>
        <Button kind="primary" steers disabled={action.isBusy || chosen === ''} onClick={change}>
          Have {chosen} partitions
        </Button>
      </div>
    </Dialog>
  );
}
