import { signal } from '@preact/signals';
import { go } from './place';
import { GROUPS } from './screens';

/** Whether the list of keys is shown. */
export const isHelpOpen = signal(false);

/** The second key of a jump has to come within this time, in ms. */
const JUMP_MS = 1_500;

const jumps = new Map(GROUPS.flatMap(({ screens }) => screens.map(({ jump, path }) => [jump, path] as const)));
let jumpUntil = 0;

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector('dialog[open]') !== null) return;
  const jump = performance.now() < jumpUntil ? jumps.get(event.key) : undefined;
  jumpUntil = event.key === 'g' ? performance.now() + JUMP_MS : 0;
  if (jump !== undefined) return act(event, () => go(jump));
  if (event.key === '/') return act(event, () => document.getElementById('search')?.focus());
  if (event.key === 'n') return act(event, showNews);
  if (event.key === '?') return act(event, () => (isHelpOpen.value = true));
});

/** Presses the button that shows what a list has held back. Nothing where none has. */
function showNews(): void {
  document.querySelector<HTMLElement>('.list-head .button')?.click();
}

function act(event: KeyboardEvent, does: () => void): void {
  event.preventDefault();
  does();
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
