/** Whoever has not stirred for so long, in ms, has gone: a screen on a wall is not held by a pointer that lies on it. */
const GONE_MS = 60_000;

const canPoint = matchMedia('(hover: hover)');
let stirredAt = Number.NEGATIVE_INFINITY;

for (const event of ['pointermove', 'pointerdown', 'keydown', 'wheel'])
  document.addEventListener(event, () => (stirredAt = performance.now()), { capture: true, passive: true });

/**
 * Whether somebody points at something in an element, or has come to it by the keyboard: what is in it must not move
 * under their hand. A finger points at nothing until it touches.
 */
export function isInUse(element: Element | null): boolean {
  if (element === null || performance.now() - stirredAt > GONE_MS) return false;
  if (element.querySelector(':focus-visible') !== null) return true;
  return canPoint.matches && element.matches(':hover');
}
