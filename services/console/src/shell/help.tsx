import type { JSX } from 'preact';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { isHelpOpen } from './keyboard';
import { GROUPS } from './screens';

/** The keys, in a dialog. */
export function Help(): JSX.Element | null {
  if (!isHelpOpen.value) return null;
  const close = () => (isHelpOpen.value = false);
  return (
    <Dialog title="Keys" onClose={close}>
      <dl class="facts">
        <Keys keys={['/']} does="Find an event" />
        <Keys keys={['n']} does="Show what is new in a list that is held still" />
        <Keys keys={['?']} does="This list" />
        <Keys keys={['Esc']} does="Close a dialog, leave the search" />
        {GROUPS.flatMap(({ screens }) =>
          screens.map(({ jump, name }) => <Keys key={jump} keys={['g', jump]} does={name} />),
        )}
      </dl>
      <div class="dialog-foot">
        <Button kind="primary" onClick={close}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}

function Keys({ keys, does }: { keys: readonly string[]; does: string }): JSX.Element {
  return (
    <>
      <dt class="row">
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </>
  );
}
